import { classNames } from "./class-names";

/** A person's initials. */
export function Face({ name, isSmall }: { name: string; isSmall?: boolean }) {
  const words = name.trim().split(/\s+/);
  const initials = `${words[0]?.[0] ?? "?"}${words.length > 1 ? (words.at(-1)?.[0] ?? "") : ""}`.toUpperCase();
  return (
    <span
      aria-hidden
      className={classNames(
        "inline-grid shrink-0 place-items-center rounded-full border border-line bg-sunken font-medium text-face text-muted",
        isSmall ? "size-5" : "size-6",
      )}
    >
      {initials}
    </span>
  );
}
