import { deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inflate } from "./inflate";

const content = fc.oneof(
  fc.uint8Array({ maxLength: 2000 }),
  fc.string({ maxLength: 3000 }).map((text) => new TextEncoder().encode(text)),
  fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 2000 })).map(([part, times]) => {
    const repeated = new Uint8Array(part.length * times);
    for (let at = 0; at < repeated.length; at += part.length) repeated.set(part, at);
    return repeated;
  }),
);
const level = fc.integer({ min: 0, max: 9 });
const strategy = fc.integer({ min: 0, max: 4 });

const inflated = (packed: Uint8Array, size: number): Buffer => {
  const output = inflate(packed, size);
  return typeof output === "string" ? Buffer.of() : Buffer.from(output);
};
/** Blocks that hold nothing, and a last one. */
const emptyBlocks = (count: number): Uint8Array =>
  Uint8Array.from(Array.from({ length: count }, (_, index) => [index === count - 1 ? 1 : 0, 0, 0, 0xff, 0xff]).flat());

describe("inflate", () => {
  it("reads whatever zlib writes, at every level and strategy", () => {
    fc.assert(
      fc.property(content, level, strategy, (bytes, levelOf, strategyOf) => {
        const packed = deflateRawSync(bytes, { level: levelOf, strategy: strategyOf });
        expect(inflated(packed, bytes.length)).toEqual(Buffer.from(bytes));
      }),
    );
  });

  it("holds across blocks and a window of 32 KiB", () => {
    const bytes = Uint8Array.from({ length: 400_000 }, (_, index) => (index * index * 31) >> (index % 7));
    const packed = deflateRawSync(bytes, { level: 9 });
    expect(inflated(packed, bytes.length).equals(Buffer.from(bytes))).toBe(true);
  });

  it("refuses any other size than the true one, and a stream that ends early or late", () => {
    fc.assert(
      fc.property(content, fc.integer({ min: 1, max: 50 }), (bytes, by) => {
        const packed = new Uint8Array(deflateRawSync(bytes));
        expect(inflate(packed, bytes.length + by)).toBe("bad_data");
        if (bytes.length >= by) expect(inflate(packed, bytes.length - by)).toBe("bad_data");
        expect(inflate(packed.subarray(0, -1), bytes.length)).toBe("bad_data");
        expect(inflate(Uint8Array.of(...packed, 0), bytes.length)).toBe("bad_data");
      }),
    );
  });

  it("refuses the first block that is one too many, before it is read", () => {
    expect(inflate(emptyBlocks(16), 0)).toHaveLength(0);
    expect(inflate(emptyBlocks(17), 0)).toBe("too_many_blocks");
    expect(inflate(emptyBlocks(17), 511)).toBe("too_many_blocks");
    expect(inflate(emptyBlocks(17), 512)).toBe("bad_data");
    expect(inflate(emptyBlocks(1_000_000), 512)).toBe("too_many_blocks");
  });

  it("never throws and never writes past the size, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 0, max: 3000 }), (bytes, size) => {
        const output = inflate(bytes, size);
        if (typeof output !== "string") expect(output).toHaveLength(size);
      }),
      { numRuns: 5000 },
    );
  });

  it.each([
    ["a block of the reserved kind", [0x07]],
    ["a distance before the beginning", [0x4b, 0x04, 0x12, 0x00]],
    ["a stored block whose length is not confirmed", [0x01, 0x01, 0x00, 0x00, 0x00, 0x61]],
    ["a dynamic block that breaks off", [0x05, 0xe0]],
    ["nothing", []],
  ])("refuses %s", (_, bytes) => {
    for (let size = 0; size < 6; size += 1) expect(inflate(Uint8Array.from(bytes), size)).toBe("bad_data");
  });
});
