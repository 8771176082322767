/** Whole numbers of 0 … 2^53−1, seven bits a byte, the lowest first; small ones take one byte. */
export function createVarintWriter(): { write(value: number): void; bytes(): Uint8Array } {
  const out: number[] = [];
  return {
    write(value) {
      let rest = value;
      while (rest >= 128) {
        out.push((rest % 128) + 128);
        rest = Math.floor(rest / 128);
      }
      out.push(rest);
    },
    bytes: () => Uint8Array.from(out),
  };
}

/** Reads what was written, in order. Raises a `RangeError` where the bytes end within a number, or tell of a greater one. */
export function createVarintReader(bytes: Uint8Array): { read(): number; isAtEnd(): boolean } {
  let at = 0;
  return {
    read() {
      let value = 0;
      for (let scale = 1; ; scale *= 128) {
        const byte = bytes[at];
        if (byte === undefined) throw new RangeError("the bytes end within a number");
        at += 1;
        value += (byte % 128) * scale;
        if (value > Number.MAX_SAFE_INTEGER) throw new RangeError("a number is beyond 2^53−1");
        if (byte < 128) return value;
      }
    },
    isAtEnd: () => at >= bytes.length,
  };
}
