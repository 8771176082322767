/**
 * QuickJS as it was built, with one more way in: its table of functions is exported, so that the one callback that it has
 * no name for can be given to it (`rejection-tracker.ts`).
 */

const HEADER_BYTES = 8;
const EXPORTS = 7;
const KIND_TABLE = 1;
export const TABLE = "table";

function readNumber(bytes: Uint8Array, at: number): { value: number; end: number } {
  let value = 0;
  for (let place = at, shift = 0; ; place += 1, shift += 7) {
    const byte = bytes[place];
    if (byte === undefined || shift > 28) throw new RangeError("no module");
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return { value: value >>> 0, end: place + 1 };
  }
}

function numberBytes(value: number): number[] {
  const bytes: number[] = [];
  for (let left = value; ; left >>>= 7) {
    if (left < 0x80) return [...bytes, left];
    bytes.push((left & 0x7f) | 0x80);
  }
}

/** The exports of a module, and its first table beside them. */
function withTable(section: Uint8Array): Uint8Array {
  const { value: count, end } = readNumber(section, 0);
  const name = new TextEncoder().encode(TABLE);
  const one = [...numberBytes(name.length), ...name, KIND_TABLE, 0];
  return Uint8Array.from([...numberBytes(count + 1), ...section.subarray(end), ...one]);
}

/** Compiles the bytes of QuickJS's own build. Throws where they are none. */
export function compileScriptWasm(bytes: Uint8Array): WebAssembly.Module {
  const parts: Uint8Array[] = [bytes.subarray(0, HEADER_BYTES)];
  for (let at = HEADER_BYTES; at < bytes.length; ) {
    const { value: length, end } = readNumber(bytes, at + 1);
    const content = bytes.subarray(end, end + length);
    if (bytes[at] === EXPORTS) {
      const exported = withTable(content);
      parts.push(Uint8Array.from([EXPORTS, ...numberBytes(exported.length)]), exported);
    } else {
      parts.push(bytes.subarray(at, end + length));
    }
    at = end + length;
  }
  return new WebAssembly.Module(new Uint8Array(Buffer.concat(parts)));
}
