import type { Duplex } from "node:stream";
import {
  createFrameReader,
  encodeFrame,
  FRAME_BYTES_MAX,
  FROM_HOST,
  FROM_PROGRAM,
  uint16,
  uint32,
} from "../../bridge/frame-codec";
import type { Posted } from "./script-machine";

/** Calls without an answer that one program may have before its own side refuses more. */
export const WAITING_MAX = 1_024;
/** Bytes that may wait for the host to read them. */
const UNSENT_BYTES_MAX = 16 * 1024 * 1024;
/** Bodies larger than this are never sent: the host's bound for either way (spec §5, Bounds). */
export const BODY_BYTES_MAX = 8 * 1024 * 1024;
const CHUNK_BYTES = 512 * 1024;
const API_BYTES_MAX = 256;

const encoder = new TextEncoder();

export type Reply = { id: number; ok: boolean; text: string; body: Uint8Array | undefined };

export type EngineChannel = {
  ready(): void;
  post(message: Posted): 0 | 1 | 2;
  /** Tells the host why the program ends; resolves when the frame was handed over. */
  fault(reason: number, text: string): Promise<void>;
};

export type EngineChannelHandlers = {
  onRun(source: string, options: string): void;
  onReply(reply: Reply): void;
  /** The host is gone or speaks nonsense: there is no one to serve. */
  onClosed(): void;
};

function concat(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** The program's end of the channel: frames out, frames in, and bounds on what may wait. */
export function createEngineChannel(stream: Duplex, handlers: EngineChannelHandlers): EngineChannel {
  const reader = createFrameReader();
  const decoder = new TextDecoder();
  const source: Uint8Array[] = [];
  const bodies = new Map<number, Uint8Array[]>();
  let waiting = 0;
  let dropped = 0;

  const take = (kind: number, payload: Uint8Array): void => {
    if (kind === FROM_HOST.source) {
      source.push(payload);
    } else if (kind === FROM_HOST.run) {
      handlers.onRun(decoder.decode(concat(source.splice(0))), decoder.decode(payload));
    } else if (kind === FROM_HOST.body) {
      const id = new DataView(payload.buffer, payload.byteOffset).getUint32(0);
      const parts = bodies.get(id) ?? [];
      parts.push(payload.slice(4));
      bodies.set(id, parts);
    } else if (kind === FROM_HOST.reply) {
      const id = new DataView(payload.buffer, payload.byteOffset).getUint32(0);
      const parts = bodies.get(id);
      bodies.delete(id);
      waiting -= 1;
      const text = decoder.decode(payload.subarray(5));
      handlers.onReply({ id, ok: payload[4] === 1, text, body: parts === undefined ? undefined : concat(parts) });
    }
  };
  stream.on("data", (bytes: Buffer) => {
    const { frames, malformed } = reader.push(bytes);
    for (const frame of frames) take(frame.kind, frame.payload);
    if (malformed) handlers.onClosed();
  });
  stream.on("close", () => handlers.onClosed());
  stream.on("error", () => handlers.onClosed());

  const refuseFlood = (): 0 | 2 => {
    if (waiting < WAITING_MAX && stream.writableLength <= UNSENT_BYTES_MAX) return 0;
    dropped += 1;
    return 2;
  };
  const send = (kind: number, ...parts: readonly (Uint8Array | string)[]): void => {
    if (dropped > 0) stream.write(encodeFrame(FROM_PROGRAM.dropped, uint32(dropped)));
    dropped = 0;
    stream.write(encodeFrame(kind, ...parts));
  };

  return {
    ready: () => send(FROM_PROGRAM.ready),
    post({ kind, id, api, text, body }) {
      const flooded = refuseFlood();
      if (flooded !== 0) return flooded;
      if (kind === 2) {
        send(FROM_PROGRAM.console, Uint8Array.of(id), text);
        return 0;
      }
      const name = encoder.encode(api);
      if (name.length > API_BYTES_MAX) return 1;
      const params = encoder.encode(text);
      waiting += 1;
      const head = [uint32(id), uint16(name.length), name] as const;
      const tooLong = params.length + name.length + 8 > FRAME_BYTES_MAX || (body?.length ?? 0) > BODY_BYTES_MAX;
      if (tooLong) {
        send(FROM_PROGRAM.oversizedCall, ...head);
        return 0;
      }
      if (body !== undefined) {
        // an empty body is a body: one empty part says so
        for (let at = 0; at === 0 || at < body.length; at += CHUNK_BYTES) {
          send(FROM_PROGRAM.body, uint32(id), body.subarray(at, at + CHUNK_BYTES));
        }
      }
      send(kind === 1 ? FROM_PROGRAM.ask : FROM_PROGRAM.call, ...head, params);
      return 0;
    },
    fault(reason, text) {
      return new Promise((resolve) => {
        stream.write(encodeFrame(FROM_PROGRAM.fault, Uint8Array.of(reason), text.slice(0, 1024)), () => resolve());
      });
    },
  };
}
