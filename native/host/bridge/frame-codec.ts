/**
 * The framing between host and program (spec §5, Bounds): a 32-bit big-endian length of what follows, one byte of kind,
 * the payload. Used on both ends; nothing in it names a program, since the channel itself does.
 */

/** Greatest length of kind and payload together. */
export const FRAME_BYTES_MAX = 1024 * 1024;
const LENGTH_BYTES = 4;

/** Frames that the program's side sends. */
export const FROM_PROGRAM = {
  /** The engine stands and waits for its source. */
  ready: 0x01,
  /** u32 id · u16 length of the API's name · name · parameters as JSON. */
  call: 0x02,
  /** As `call` without parameters: the question whether a call would be allowed. */
  ask: 0x03,
  /** u32 id · bytes: part of the body of the call of that id, which follows. */
  body: 0x04,
  /** u8 level · text. */
  console: 0x05,
  /** As `call`, with parameters too long for a frame left out. */
  oversizedCall: 0x06,
  /** u32: calls that were answered on the program's side since too many were waiting. */
  dropped: 0x07,
  /** u8 reason · text: the program can't go on. */
  fault: 0x08,
} as const;

/** Frames that the host sends. */
export const FROM_HOST = {
  /** Part of the program's source. */
  source: 0x81,
  /** The source is whole: run it. */
  run: 0x82,
  /** u32 id · u8 1 for a value, 0 for an error · JSON. */
  reply: 0x83,
  /** u32 id · bytes: part of the body of the reply of that id, which follows. */
  body: 0x84,
} as const;

/** Why a program can't go on, as its own side says. */
export const FAULTS = { uncaught: 1, engine: 2, turnTooLong: 3, outOfMemory: 4 } as const;

export const CONSOLE_LEVELS = ["debug", "info", "warn", "error"] as const;
export type ConsoleLevel = (typeof CONSOLE_LEVELS)[number];

export type Frame = { kind: number; payload: Uint8Array };

const encoder = new TextEncoder();

/** One frame of the given parts. Throws RangeError above the bound: a caller splits or refuses before. */
export function encodeFrame(kind: number, ...parts: readonly (Uint8Array | string)[]): Uint8Array {
  const encoded = parts.map((part) => (typeof part === "string" ? encoder.encode(part) : part));
  const length = encoded.reduce((sum, part) => sum + part.length, 1);
  if (length > FRAME_BYTES_MAX) throw new RangeError("frame above its bound");
  const frame = new Uint8Array(LENGTH_BYTES + length);
  new DataView(frame.buffer).setUint32(0, length);
  frame[LENGTH_BYTES] = kind;
  let at = LENGTH_BYTES + 1;
  for (const part of encoded) {
    frame.set(part, at);
    at += part.length;
  }
  return frame;
}

export function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

export function uint16(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 0xff);
}

export type FrameReader = {
  /** Frames completed by these bytes; `malformed` from the first length that is out of bounds on, for good. */
  push(bytes: Uint8Array): { frames: Frame[]; malformed: boolean };
};

/** Cuts a stream into frames. The bound is held as soon as a length is read: never more than one frame is kept. */
export function createFrameReader(): FrameReader {
  let kept: Uint8Array[] = [];
  let keptBytes = 0;
  let malformed = false;

  const join = (): Uint8Array => {
    const [only] = kept;
    if (kept.length === 1 && only !== undefined) return only;
    const joined = new Uint8Array(keptBytes);
    let at = 0;
    for (const part of kept) {
      joined.set(part, at);
      at += part.length;
    }
    kept = [joined];
    return joined;
  };
  const peekLength = (): number => {
    let length = 0;
    let seen = 0;
    for (const part of kept) {
      for (const byte of part.subarray(0, LENGTH_BYTES - seen)) length = length * 256 + byte;
      seen += Math.min(part.length, LENGTH_BYTES - seen);
      if (seen === LENGTH_BYTES) break;
    }
    return length;
  };

  return {
    push(bytes) {
      const frames: Frame[] = [];
      if (malformed) return { frames, malformed };
      kept.push(bytes);
      keptBytes += bytes.length;
      while (keptBytes >= LENGTH_BYTES) {
        const length = peekLength();
        if (length < 1 || length > FRAME_BYTES_MAX) {
          malformed = true;
          kept = [];
          return { frames, malformed };
        }
        if (keptBytes < LENGTH_BYTES + length) break;
        const all = join();
        const end = LENGTH_BYTES + length;
        frames.push({ kind: all[LENGTH_BYTES] ?? 0, payload: all.subarray(LENGTH_BYTES + 1, end) });
        kept = [all.subarray(end)];
        keptBytes -= end;
      }
      return { frames, malformed };
    },
  };
}
