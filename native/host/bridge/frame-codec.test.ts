import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  createFrameReader,
  encodeFrame,
  FRAME_BYTES_MAX,
  type Frame,
  type FrameReader,
  framePieces,
  kept,
  uint32,
} from "./frame-codec";

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

  const READ_BYTES = 64 * 1024;
  const long = (fill: number, bytes = 700_000): Uint8Array => new Uint8Array(bytes).fill(fill);

  it("gathers a long frame in one buffer, which is its payload's alone, whatever follows", () => {
    const stream = Buffer.concat([
      encodeFrame(1, long(1)),
      encodeFrame(2, "a"),
      encodeFrame(3, long(3)),
      encodeFrame(4),
    ]);
    const reader = createFrameReader();
    const taken: Frame[] = [];
    for (let at = 0; at < stream.length; at += READ_BYTES)
      taken.push(...read(reader, stream.subarray(at, at + READ_BYTES)).frames);
    expect(taken.map(({ kind, payload }) => [kind, payload.length])).toEqual([
      [1, 700_000],
      [2, 1],
      [3, 700_000],
      [4, 0],
    ]);
    for (const { kind, payload } of taken) {
      if (payload.length < READ_BYTES) continue;
      expect(payload.every((byte) => byte === kind)).toBe(true);
      // its own length, and no more than one reading beside it
      expect(payload.buffer.byteLength).toBeLessThanOrEqual(payload.length + 5 + READ_BYTES);
      expect(kept(payload)).toBe(payload);
    }
    expect(reader.waitingBytes).toBe(0);
  });

  it("copies what is kept of a short frame, and nothing else: its payload is there until more is added", () => {
    const reader = createFrameReader();
    const [frame] = read(reader, encodeFrame(1, "one")).frames;
    const own = kept(frame?.payload ?? new Uint8Array(0));
    read(reader, encodeFrame(1, "two"));
    expect(new TextDecoder().decode(own)).toBe("one");
    expect(own.buffer.byteLength).toBe(3);
  });

  it("says that there is a frame before it is taken, and no sooner", () => {
    const reader = createFrameReader();
    const bytes = encodeFrame(1, "one");
    reader.add(bytes.subarray(0, -1));
    expect(reader.hasNext).toBe(false);
    reader.add(bytes.subarray(-1));
    expect(reader.hasNext).toBe(true);
    reader.next();
    expect(reader.hasNext).toBe(false);
    reader.add(header(0));
    expect(reader.hasNext).toBe(true);
  });

  it("sends a long part as it is", () => {
    const part = long(7);
    const pieces = framePieces(9, "head", part, "tail");
    expect(pieces[1]).toBe(part);
    expect(Buffer.concat(pieces).equals(encodeFrame(9, "head", part, "tail"))).toBe(true);
    expect(framePieces(9, "head", "tail")).toHaveLength(1);
  });
});
