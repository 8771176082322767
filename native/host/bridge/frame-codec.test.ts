import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createFrameReader, encodeFrame, FRAME_BYTES_MAX, uint32 } from "./frame-codec";

const header = (length: number): Uint8Array => uint32(length);

describe("the framing", () => {
  it("gives back every frame however the stream is cut", () => {
    const frame = fc.record({ kind: fc.integer({ min: 0, max: 255 }), payload: fc.uint8Array({ maxLength: 300 }) });
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 8 }), fc.array(fc.integer({ min: 1, max: 40 })), (frames, cuts) => {
        const stream = Buffer.concat(frames.map(({ kind, payload }) => encodeFrame(kind, payload)));
        const reader = createFrameReader();
        const read: { kind: number; payload: Uint8Array }[] = [];
        let at = 0;
        for (const cut of [...cuts, stream.length]) {
          const { frames: some, malformed } = reader.push(stream.subarray(at, at + cut));
          expect(malformed).toBe(false);
          read.push(...some.map(({ kind, payload }) => ({ kind, payload: Uint8Array.from(payload) })));
          at += cut;
        }
        expect(read).toEqual(frames);
      }),
    );
  });

  it("refuses a length above the bound before a byte of the message has come", () => {
    const reader = createFrameReader();
    expect(reader.push(header(FRAME_BYTES_MAX + 1)).malformed).toBe(true);
    expect(reader.push(encodeFrame(1)).frames).toEqual([]);
  });

  it("takes a message of exactly the bound", () => {
    const reader = createFrameReader();
    const { frames, malformed } = reader.push(encodeFrame(2, new Uint8Array(FRAME_BYTES_MAX - 1)));
    expect(malformed).toBe(false);
    expect(frames).toHaveLength(1);
    expect(() => encodeFrame(2, new Uint8Array(FRAME_BYTES_MAX))).toThrow(RangeError);
  });

  it("refuses a frame without a kind", () => {
    expect(createFrameReader().push(header(0)).malformed).toBe(true);
  });

  it("keeps the frames that came whole before the malformed one", () => {
    const reader = createFrameReader();
    const bytes = Buffer.concat([encodeFrame(7, "a"), header(0xffffffff)]);
    const { frames, malformed } = reader.push(bytes);
    expect(frames.map((frame) => frame.kind)).toEqual([7]);
    expect(malformed).toBe(true);
  });
});
