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
  const [first = new Uint8Array(0), ...others] = framePieces(kind, ...parts);
  return others.length === 0 ? first : new Uint8Array(Buffer.concat([first, ...others]));
}

/** From here on a part is sent as it is rather than copied into its frame. */
const LARGE_BYTES = 16 * 1024;

/** A frame as pieces to be sent one after another: large parts are not copied, all else is one piece. Throws as `encodeFrame`. */
export function framePieces(kind: number, ...parts: readonly (Uint8Array | string)[]): Uint8Array[] {
  const encoded = parts.map((part) => (typeof part === "string" ? encoder.encode(part) : part));
  const length = encoded.reduce((sum, part) => sum + part.length, 1);
  if (length > FRAME_BYTES_MAX) throw new RangeError("frame above its bound");
  const head = new Uint8Array(LENGTH_BYTES + 1);
  new DataView(head.buffer).setUint32(0, length);
  head[LENGTH_BYTES] = kind;
  const pieces: Uint8Array[] = [];
  let small: Uint8Array[] = [head];
  const joinSmall = (): void => {
    if (small.length > 0) pieces.push(Buffer.concat(small));
    small = [];
  };
  for (const part of encoded) {
    if (part.length < LARGE_BYTES) {
      small.push(part);
    } else {
      joinSmall();
      pieces.push(part);
    }
  }
  joinSmall();
  return pieces;
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
  /**
   * The next whole frame; `malformed`, for good, from the first length that is out of bounds on. A payload is what it is until
   * `add` is called again: whoever keeps some of it takes it by `kept`.
   */
  next(): Frame | "malformed" | undefined;
  /** Whether `next` has an answer. */
  readonly hasNext: boolean;
  /** Bytes that were added and are in no frame that was taken. */
  readonly waitingBytes: number;
};

/** What is kept of a payload: a copy of a short part, so that it keeps no buffer and stays what it is. */
export function kept(part: Uint8Array): Uint8Array {
  return part.length > READ_BYTES ? part : part.slice();
}

const BUFFER_BYTES_MIN = 4096;
/** About what a pipe gives at once: room for the beginning of what follows a frame. */
const READ_BYTES = 64 * 1024;

/**
 * Cuts a stream into frames, one at a time. The bound is held as soon as a length is read, in however small pieces it comes;
 * a long frame is gathered once, in a buffer of its own length, which becomes its payload's.
 */
export function createFrameReader(): FrameReader {
  let buffer = new Uint8Array(BUFFER_BYTES_MIN);
  let start = 0;
  let end = 0;
  let malformed = false;

  /** Of the frame that begins next; undefined as long as that is not known. */
  const lengthOfNext = (): number | undefined =>
    end - start < LENGTH_BYTES ? undefined : new DataView(buffer.buffer).getUint32(start);
  const isMalformed = (length: number | undefined): boolean =>
    length !== undefined && (length < 1 || length > FRAME_BYTES_MAX);
  const moveInto = (into: Uint8Array<ArrayBuffer>): void => {
    into.set(buffer.subarray(start, end));
    end -= start;
    start = 0;
    buffer = into;
  };
  const makeRoom = (bytes: number): void => {
    if (end + bytes <= buffer.length) return;
    const needed = end - start + bytes;
    const length = lengthOfNext() ?? 0;
    if (needed <= buffer.length) moveInto(buffer);
    else if (needed <= LENGTH_BYTES + length + READ_BYTES && !isMalformed(length)) {
      moveInto(new Uint8Array(LENGTH_BYTES + length + READ_BYTES));
    } else moveInto(new Uint8Array(Math.max(2 * buffer.length, needed)));
  };
  const take = (length: number): Frame => {
    const at = start + LENGTH_BYTES;
    const frame = { kind: buffer[at] ?? 0, payload: buffer.subarray(at + 1, at + length) };
    start = at + length;
    if (length > READ_BYTES) {
      // the payload has the buffer to itself
      moveInto(new Uint8Array(Math.max(BUFFER_BYTES_MIN, end - start)));
    } else if (start === end) {
      start = 0;
      end = 0;
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
      const length = lengthOfNext();
      if (malformed || isMalformed(length)) {
        malformed = true;
        buffer = new Uint8Array(0);
        start = 0;
        end = 0;
        return "malformed";
      }
      if (length === undefined || end - start < LENGTH_BYTES + length) return undefined;
      return take(length);
    },
    get hasNext() {
      const length = lengthOfNext();
      return malformed || isMalformed(length) || (length !== undefined && end - start >= LENGTH_BYTES + length);
    },
    get waitingBytes() {
      return end - start;
    },
  };
}
