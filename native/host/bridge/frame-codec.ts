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
  /** u32: calls that were answered on the program's side since too many were waiting; told once there is room again. */
  dropped: 0x07,
  /** u8 reason · text: the program can't go on. */
  fault: 0x08,
  /** u32: lines of console that found no room on the program's side; told once there is room again. */
  droppedLines: 0x09,
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
  /** Options as with `run`, for whoever comes: a source may follow with other ones. */
  prepare: 0x85,
} as const;

/** Bounds that an engine keeps on its own side: whoever passes them is no engine of ours. */
export const ENGINE_BOUNDS = {
  /** Calls without an answer. */
  waiting: 1_024,
  apiBytes: 256,
  /** Of one call: the host's bound for either way (spec §5, Bounds). */
  bodyBytes: 8 * 1024 * 1024,
  bodyPartBytes: 512 * 1024,
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
  add(bytes: Uint8Array): void;
  /** The next whole frame; `malformed`, for good, from the first length that is out of bounds on. */
  next(): Frame | "malformed" | undefined;
  /** Bytes that were added and are in no frame that was taken. */
  readonly waitingBytes: number;
};

const BUFFER_BYTES_MIN = 4096;

/** Cuts a stream into frames, one at a time. The bound is held as soon as a length is read, in however small pieces it comes. */
export function createFrameReader(): FrameReader {
  let buffer = new Uint8Array(BUFFER_BYTES_MIN);
  let start = 0;
  let end = 0;
  let malformed = false;

  const makeRoom = (bytes: number): void => {
    if (end + bytes <= buffer.length) return;
    const waiting = end - start;
    const into =
      waiting + bytes <= buffer.length ? buffer : new Uint8Array(Math.max(2 * buffer.length, waiting + bytes));
    into.set(buffer.subarray(start, end));
    buffer = into;
    start = 0;
    end = waiting;
  };
  const take = (length: number): Frame => {
    const at = start + LENGTH_BYTES;
    const frame = { kind: buffer[at] ?? 0, payload: buffer.slice(at + 1, at + length) };
    start = at + length;
    if (start === end) {
      start = 0;
      end = 0;
      if (buffer.length > BUFFER_BYTES_MIN) buffer = new Uint8Array(BUFFER_BYTES_MIN);
    }
    return frame;
  };

  return {
    add(bytes) {
      if (malformed) return;
      makeRoom(bytes.length);
      buffer.set(bytes, end);
      end += bytes.length;
    },
    next() {
      if (malformed) return "malformed";
      if (end - start < LENGTH_BYTES) return undefined;
      const length = new DataView(buffer.buffer).getUint32(start);
      if (length < 1 || length > FRAME_BYTES_MAX) {
        malformed = true;
        buffer = new Uint8Array(0);
        start = 0;
        end = 0;
        return "malformed";
      }
      return end - start < LENGTH_BYTES + length ? undefined : take(length);
    },
    get waitingBytes() {
      return end - start;
    },
  };
}
