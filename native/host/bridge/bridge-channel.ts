import type { Duplex } from "node:stream";
import {
  CONSOLE_LEVELS,
  type ConsoleLevel,
  createFrameReader,
  encodeFrame,
  FRAME_BYTES_MAX,
  FROM_HOST,
  FROM_PROGRAM,
  uint32,
} from "./frame-codec";

/** What a program may say. Who says it is never part of a message: the channel was bound when the program was started. */
export type FromProgramMessage =
  | { kind: "ready" }
  | { kind: "call"; id: number; api: string; params: Uint8Array; body: Uint8Array | undefined; oversized: boolean }
  | { kind: "ask"; id: number; api: string }
  | { kind: "console"; level: ConsoleLevel; text: string }
  | { kind: "dropped"; count: number }
  | { kind: "fault"; reason: number; text: string };

export type BridgeChannelHandlers = {
  onMessage(message: FromProgramMessage): void;
  /** A frame that the engine never writes: its other end is not to be trusted any longer. Nothing follows. */
  onMalformed(): void;
  /** The program's end is gone. */
  onClosed(): void;
};

export type BridgeChannel = {
  /** Hands over the source and lets the program begin. */
  run(source: Uint8Array, options: Record<string, number>): void;
  /** False where the answer is too long for a frame; nothing was sent then. */
  reply(id: number, ok: boolean, value: unknown, body?: Uint8Array): boolean;
  /** Stops listening; what the program writes waits with the program. */
  pause(): void;
  resume(): void;
  close(): void;
};

/** Bodies of calls that were begun and whose call has not come: together no more than one body may be. */
const PENDING_BODY_BYTES_MAX = 8 * 1024 * 1024 + FRAME_BYTES_MAX;
const CHUNK_BYTES = 512 * 1024;
/** Answers that the program has not read; above it, it is not listened to until it has. */
const UNREAD_BYTES_MAX = 4 * 1024 * 1024;

type Pending = { parts: Uint8Array[]; bytes: number };

class MalformedFrame extends Error {}

function check(condition: boolean): asserts condition {
  if (!condition) throw new MalformedFrame();
}

function readHead(payload: Uint8Array): { id: number; api: string; rest: Uint8Array } {
  check(payload.length >= 6);
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const nameBytes = view.getUint16(4);
  check(payload.length >= 6 + nameBytes);
  // an API's name that is no UTF-8 is no API's name; it is answered, not interpreted
  const api = new TextDecoder().decode(payload.subarray(6, 6 + nameBytes));
  return { id: view.getUint32(0), api, rest: payload.subarray(6 + nameBytes) };
}

/** The host's end of one program's channel. */
export function createBridgeChannel(stream: Duplex, handlers: BridgeChannelHandlers): BridgeChannel {
  const reader = createFrameReader();
  const decoder = new TextDecoder();
  const bodies = new Map<number, Pending>();
  let pendingBytes = 0;
  let ended = false;

  const takeBody = (id: number): Uint8Array | undefined => {
    const pending = bodies.get(id);
    if (pending === undefined) return undefined;
    bodies.delete(id);
    pendingBytes -= pending.bytes;
    return new Uint8Array(Buffer.concat(pending.parts));
  };
  const addBody = (payload: Uint8Array): void => {
    check(payload.length >= 4);
    const id = new DataView(payload.buffer, payload.byteOffset).getUint32(0);
    const part = payload.slice(4);
    const pending = bodies.get(id) ?? { parts: [], bytes: 0 };
    pending.parts.push(part);
    pending.bytes += part.length;
    pendingBytes += part.length;
    bodies.set(id, pending);
    check(pendingBytes <= PENDING_BODY_BYTES_MAX && bodies.size <= 64 && pending.parts.length <= 64);
  };
  const read = (kind: number, payload: Uint8Array): FromProgramMessage | undefined => {
    switch (kind) {
      case FROM_PROGRAM.ready:
        return { kind: "ready" };
      case FROM_PROGRAM.call:
      case FROM_PROGRAM.oversizedCall: {
        const { id, api, rest } = readHead(payload);
        const oversized = kind === FROM_PROGRAM.oversizedCall;
        return { kind: "call", id, api, params: rest, body: takeBody(id), oversized };
      }
      case FROM_PROGRAM.ask: {
        const { id, api } = readHead(payload);
        return { kind: "ask", id, api };
      }
      case FROM_PROGRAM.body:
        addBody(payload);
        return undefined;
      case FROM_PROGRAM.console: {
        const level = CONSOLE_LEVELS[payload[0] ?? -1];
        check(level !== undefined);
        return { kind: "console", level, text: decoder.decode(payload.subarray(1)) };
      }
      case FROM_PROGRAM.dropped: {
        check(payload.length === 4);
        return { kind: "dropped", count: new DataView(payload.buffer, payload.byteOffset).getUint32(0) };
      }
      case FROM_PROGRAM.fault:
        return { kind: "fault", reason: payload[0] ?? 0, text: decoder.decode(payload.subarray(1)).slice(0, 1024) };
      default:
        throw new MalformedFrame();
    }
  };
  const refuse = (): void => {
    ended = true;
    stream.pause();
    handlers.onMalformed();
  };
  stream.on("data", (bytes: Buffer) => {
    if (ended) return;
    const { frames, malformed } = reader.push(bytes);
    for (const frame of frames) {
      let message: FromProgramMessage | undefined;
      try {
        message = read(frame.kind, frame.payload);
      } catch (error) {
        if (!(error instanceof MalformedFrame)) throw error;
        refuse();
        return;
      }
      if (message !== undefined) handlers.onMessage(message);
    }
    if (malformed) refuse();
  });
  stream.on("close", () => {
    ended = true;
    handlers.onClosed();
  });
  // a program that ended while it was answered breaks the pipe; its end is reported by the process itself
  stream.on("error", () => undefined);

  const holds = { asked: false, unread: false };
  const listen = (): void => {
    if (holds.asked || holds.unread || ended) stream.pause();
    else stream.resume();
  };
  const write = (kind: number, ...parts: readonly (Uint8Array | string)[]): void => {
    if (stream.destroyed || !stream.writable) return;
    stream.write(encodeFrame(kind, ...parts));
    if (holds.unread || stream.writableLength <= UNREAD_BYTES_MAX) return;
    holds.unread = true;
    listen();
    stream.once("drain", () => {
      holds.unread = false;
      listen();
    });
  };
  return {
    run(source, options) {
      for (let at = 0; at < source.length; at += CHUNK_BYTES) {
        write(FROM_HOST.source, source.subarray(at, at + CHUNK_BYTES));
      }
      write(FROM_HOST.run, JSON.stringify(options));
    },
    reply(id, ok, value, body) {
      const text = value === undefined ? "" : JSON.stringify(value);
      if (Buffer.byteLength(text) + 8 > FRAME_BYTES_MAX) return false;
      if (body !== undefined) {
        for (let at = 0; at === 0 || at < body.length; at += CHUNK_BYTES) {
          write(FROM_HOST.body, uint32(id), body.subarray(at, at + CHUNK_BYTES));
        }
      }
      write(FROM_HOST.reply, uint32(id), Uint8Array.of(ok ? 1 : 0), text);
      return true;
    },
    pause() {
      holds.asked = true;
      listen();
    },
    resume() {
      holds.asked = false;
      listen();
    },
    close: () => stream.destroy(),
  };
}
