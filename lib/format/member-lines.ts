/** Lines of a value before and after, for a diff: `kept` stands on both sides. */
export type DiffLine = { side: "old" | "new" | "kept"; text: string };

const INSTANTS = new Set(["until"]);

/** Times in documents are whole seconds; people read dates. */
function readable(value: unknown, name = ""): unknown {
  if (typeof value === "number" && INSTANTS.has(name)) {
    return new Date(value * 1000)
      .toISOString()
      .replace(/T00:00:00\.000Z$/, "")
      .replace(/\.000Z$/, "Z");
  }
  if (Array.isArray(value)) return value.map((item) => readable(item));
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, readable(item, key)]));
  }
  return value;
}

function linesOf(value: unknown): string[] {
  if (value === null || value === undefined) return [];
  const shown = readable(value);
  if (typeof shown !== "object" || shown === null || Array.isArray(shown)) return [spaced(shown)];
  return Object.entries(shown).map(([name, item]) => `${name}: ${spaced(item)}`);
}

/** JSON on one line with air in it: `["request", "download"]`. */
function spaced(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    return `{ ${Object.entries(value)
      .map(([name, item]) => `${name}: ${spaced(item)}`)
      .join(", ")} }`;
  }
  return JSON.stringify(value) ?? "";
}

/** Of a member that is there or is not, and has no value: whatever names the change has said all of it. */
export function isPresence(before: unknown, after: unknown): boolean {
  return [before, after].every((value) => value === null || value === true);
}

/** The members of two values side by side, in the order of the newer one; members that only the older has come first. */
export function diffLines(before: unknown, after: unknown): DiffLine[] {
  const old = linesOf(before);
  const next = linesOf(after);
  const keyOf = (line: string) => line.split(": ", 1)[0] ?? line;
  const kept = new Set(old.filter((line) => next.includes(line)));
  const result: DiffLine[] = [];
  const shown = new Set<string>();
  for (const line of old) {
    if (kept.has(line) || next.some((other) => keyOf(other) === keyOf(line))) continue;
    result.push({ side: "old", text: line });
  }
  for (const line of next) {
    if (kept.has(line)) {
      result.push({ side: "kept", text: line });
      continue;
    }
    const replaced = old.find((other) => !kept.has(other) && !shown.has(other) && keyOf(other) === keyOf(line));
    if (replaced !== undefined) {
      shown.add(replaced);
      result.push({ side: "old", text: replaced });
    }
    result.push({ side: "new", text: line });
  }
  return result;
}
