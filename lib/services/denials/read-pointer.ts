/** The value that an RFC 6901 pointer names; undefined where there is none. */
export function readPointer(value: unknown, pointer: string): unknown {
  if (pointer === "") return value;
  if (!pointer.startsWith("/")) return undefined;
  let current = value;
  for (const token of pointer.slice(1).split("/")) {
    const name = token.replaceAll("~1", "/").replaceAll("~0", "~");
    if (typeof current !== "object" || current === null || !Object.hasOwn(current, name)) return undefined;
    // Safe: an own member of an object was just found under this name.
    current = (current as Record<string, unknown>)[name];
  }
  return current;
}
