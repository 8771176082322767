import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createFrameReader, encodeFrame, FRAME_BYTES_MAX, type Frame, type FrameReader, uint32 } from "./frame-codec";

/** All frames that are whole once the bytes were added. */
function read(reader: FrameReader, bytes: Uint8Array): { frames: Frame[]; malformed: boolean } {
  reader.add(bytes);
  const frames: Frame[] = [];
  for (let next = reader.next(); next !== undefined; next = reader.next()) {
    if (next === "malformed") return { frames, malformed: true };
    frames.push(next);
  }
  return { frames, malformed: false };
}

const header = (length: number): Uint8Array => uint32(length);

describe("the framing", () => {
  it("gives back every frame however the stream is cut", () => {
    const frame = fc.record({ kind: fc.integer({ min: 0, max: 255 }), payload: fc.uint8Array({ maxLength: 300 }) });
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 8 }), fc.array(fc.integer({ min: 1, max: 40 })), (frames, cuts) => {
        const stream = Buffer.concat(frames.map(({ kind, payload }) => encodeFrame(kind, payload)));
        const reader = createFrameReader();
        const taken: { kind: number; payload: Uint8Array }[] = [];
        let at = 0;
        for (const cut of [...cuts, stream.length]) {
          const { frames: some, malformed } = read(reader, stream.subarray(at, at + cut));
          expect(malformed).toBe(false);
          taken.push(...some.map(({ kind, payload }) => ({ kind, payload: Uint8Array.from(payload) })));
          at += cut;
        }
        expect(taken).toEqual(frames);
      }),
    );
  });

  it("refuses a length above the bound before a byte of the message has come", () => {
    const reader = createFrameReader();
    expect(read(reader, header(FRAME_BYTES_MAX + 1)).malformed).toBe(true);
    expect(read(reader, encodeFrame(1)).frames).toEqual([]);
  });

  it("takes a message of exactly the bound", () => {
    const reader = createFrameReader();
    const { frames, malformed } = read(reader, encodeFrame(2, new Uint8Array(FRAME_BYTES_MAX - 1)));
    expect(malformed).toBe(false);
    expect(frames).toHaveLength(1);
    expect(() => encodeFrame(2, new Uint8Array(FRAME_BYTES_MAX))).toThrow(RangeError);
  });

  it("refuses a frame without a kind", () => {
    expect(read(createFrameReader(), header(0)).malformed).toBe(true);
  });

  it("keeps the frames that came whole before the malformed one", () => {
    const reader = createFrameReader();
    const bytes = Buffer.concat([encodeFrame(7, "a"), header(0xffffffff)]);
    const { frames, malformed } = read(reader, bytes);
    expect(frames.map((frame) => frame.kind)).toEqual([7]);
    expect(malformed).toBe(true);
  });
});
