/**
 * The one spelling of a JSON value that audit digests are taken of: members sorted by their UTF-16 code units, no white
 * space, numbers and strings as `JSON.stringify` writes them. `undefined` members are left out. Raises `TypeError` for
 * what is no JSON: functions, symbols, bigints, numbers that are not finite.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === "string" || typeof value === "boolean") return JSON.stringify(value);
  if (typeof value === "number" && Number.isFinite(value)) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(",")}]`;
  if (typeof value === "object") {
    const members = Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([name, item]) => `${JSON.stringify(name)}:${canonicalJson(item)}`);
    return `{${members.join(",")}}`;
  }
  throw new TypeError(`a ${typeof value} is no JSON value`);
}
