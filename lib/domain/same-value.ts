/** JSON with sorted member names: one text for one value. `undefined` members are left out, as JSON has it. */
export function canonicalText(value: unknown): string {
  return JSON.stringify(value, (_name, item: unknown) =>
    typeof item === "object" && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : item,
  );
}

/** Whether two plain JSON values are the same, whatever the order of their members. null and undefined are absent alike. */
export function isSameValue(a: unknown, b: unknown): boolean {
  if (a === undefined || a === null) return b === undefined || b === null;
  if (b === undefined || b === null) return false;
  return canonicalText(a) === canonicalText(b);
}
