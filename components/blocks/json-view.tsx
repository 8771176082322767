/** A value as JSON, its names quieter than its values. */
export function JsonView({ value, isNew }: { value: unknown; isNew?: boolean }) {
  const text = value === null || value === undefined ? "absent" : JSON.stringify(value, null, 2);
  return (
    <pre
      className={`max-h-80 min-h-16 overflow-auto whitespace-pre-wrap rounded-control border border-line px-3 py-2 text-code leading-5 wrap-anywhere ${isNew ? "edge-accent bg-tint-accent" : "bg-sunken"}`}
    >
      {text.split(/("(?:[^"\\]|\\.)*"\s*:)/).map((part, index) =>
        part.endsWith(":") && part.startsWith('"') ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: parts of one text have no other identity
          <span key={index} className="text-muted">
            {part}
          </span>
        ) : (
          part
        ),
      )}
    </pre>
  );
}
