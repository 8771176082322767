const LINE_FEED = 0x0a;

/** Longest line in bytes; a longer one is given up with `undefined` and never held in memory whole. */
export const LINE_BYTES_MAX = 64 * 1024 * 1024;

/** Lines of a stream of bytes as they come, without their line feed; a last line needs none. */
export async function* readLines(
  source: AsyncIterable<Uint8Array | string>,
  lineBytesMax: number = LINE_BYTES_MAX,
): AsyncGenerator<Uint8Array | undefined> {
  let parts: Uint8Array[] = [];
  let length = 0;
  let isTooLong = false;
  const add = (part: Uint8Array) => {
    length += part.length;
    isTooLong ||= length > lineBytesMax;
    if (isTooLong) parts = [];
    else if (part.length > 0) parts.push(part);
  };
  const take = (): Uint8Array | undefined => {
    const line = isTooLong ? undefined : parts.length === 1 ? parts[0] : Buffer.concat(parts);
    parts = [];
    length = 0;
    isTooLong = false;
    return line;
  };
  for await (const chunk of source) {
    const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
    let start = 0;
    for (let end = bytes.indexOf(LINE_FEED); end !== -1; end = bytes.indexOf(LINE_FEED, start)) {
      add(bytes.subarray(start, end));
      yield take();
      start = end + 1;
    }
    add(bytes.subarray(start));
  }
  if (length > 0) yield take();
}
