/** Smaller values one step from a JSON value, the boldest first. */
export function* smaller(value: unknown): Generator<unknown> {
  if (typeof value === "string") yield* smallerText(value);
  else if (typeof value === "number" && value !== 0) yield* [0, Math.trunc(value / 2), value - Math.sign(value)];
  else if (Array.isArray(value)) yield* smallerList(value);
  else if (typeof value === "object" && value !== null) yield* smallerObject(value);
}

function* smallerText(text: string): Generator<string> {
  const units = [...text];
  for (let length = Math.floor(units.length / 2); length >= 1; length = Math.floor(length / 2)) {
    for (let at = 0; at + length <= units.length; at += length) {
      yield [...units.slice(0, at), ...units.slice(at + length)].join("");
    }
  }
}

function* smallerList(list: readonly unknown[]): Generator<unknown[]> {
  for (let length = Math.ceil(list.length / 2); length >= 1; length = Math.floor(length / 2)) {
    for (let at = 0; at < list.length; at += length) yield [...list.slice(0, at), ...list.slice(at + length)];
  }
  for (const [at, item] of list.entries()) {
    for (const less of smaller(item)) yield list.map((other, index) => (index === at ? less : other));
  }
}

function* smallerObject(owner: object): Generator<object> {
  const entries = Object.entries(owner);
  for (const [name] of entries) yield Object.fromEntries(entries.filter(([other]) => other !== name));
  for (const [name, item] of entries) {
    for (const less of smaller(item)) {
      yield Object.fromEntries(entries.map(([other, kept]) => [other, other === name ? less : kept] as const));
    }
  }
}

/** The smallest value found, by at most `tries` questions, of which `holds` is still true. */
export async function shrink<Value>(
  value: Value,
  holds: (smaller: Value) => Promise<boolean>,
  tries: number,
): Promise<Value> {
  let found = value;
  let left = tries;
  for (let wasSmaller = true; wasSmaller && left > 0; ) {
    wasSmaller = false;
    for (const less of smaller(found)) {
      left -= 1;
      if (await holds(less as Value)) {
        found = less as Value;
        wasSmaller = true;
        break;
      }
      if (left === 0) break;
    }
  }
  return found;
}
