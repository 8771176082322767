import type { Duplex } from "node:stream";
import { boundText } from "../../../core/text/plain-text";
import {
  createFrameReader,
  ENGINE_BOUNDS,
  encodeFrame,
  FRAME_BYTES_MAX,
  FROM_HOST,
  FROM_PROGRAM,
  kept,
  uint16,
  uint32,
} from "../../bridge/frame-codec";
import type { Posted } from "./script-machine";

/** Bytes that may wait for the host to read them. */
const UNSENT_BYTES_MAX = 16 * 1024 * 1024;
/** Lines of console wait for less, so that they keep no call waiting. */
const UNSENT_BEFORE_LINES_MAX = 1024 * 1024;

const encoder = new TextEncoder();

export type Reply = { id: number; ok: boolean; text: string; body: Uint8Array | undefined };

export type EngineChannel = {
  ready(): void;
  post(message: Posted): 0 | 1 | 2;
  /** Tells the host why the program ends; resolves when the frame was handed over. */
  fault(reason: number, text: string): Promise<void>;
};

export type EngineChannelHandlers = {
  /** Nobody's source yet: what is worth making ahead is made. */
  onPrepare(options: string): void;
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
  let droppedLines = 0;

  const take = (kind: number, payload: Uint8Array): void => {
    if (kind === FROM_HOST.source) {
      source.push(kept(payload));
    } else if (kind === FROM_HOST.run) {
      handlers.onRun(decoder.decode(concat(source.splice(0))), decoder.decode(payload));
    } else if (kind === FROM_HOST.prepare) {
      handlers.onPrepare(decoder.decode(payload));
    } else if (payload.length < (kind === FROM_HOST.reply ? 5 : 4)) {
      // the host writes no such frame: whoever speaks is not it
      handlers.onClosed();
    } else if (kind === FROM_HOST.body) {
      const id = new DataView(payload.buffer, payload.byteOffset).getUint32(0);
      const parts = bodies.get(id) ?? [];
      parts.push(kept(payload.subarray(4)));
      bodies.set(id, parts);
    } else if (kind === FROM_HOST.reply) {
      const id = new DataView(payload.buffer, payload.byteOffset).getUint32(0);
      const parts = bodies.get(id);
      bodies.delete(id);
      waiting -= 1;
      tellLossesAlone();
      const text = decoder.decode(payload.subarray(5));
      handlers.onReply({ id, ok: payload[4] === 1, text, body: parts === undefined ? undefined : concat(parts) });
    }
  };
  stream.on("data", (bytes: Buffer) => {
    reader.add(bytes);
    for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
      if (frame === "malformed") {
        handlers.onClosed();
        return;
      }
      take(frame.kind, frame.payload);
    }
  });
  stream.on("close", () => handlers.onClosed());
  stream.on("error", () => handlers.onClosed());

  const send = (kind: number, ...parts: readonly (Uint8Array | string)[]): void => {
    stream.write(encodeFrame(kind, ...parts));
  };
  const hasRoom = (): boolean => waiting < ENGINE_BOUNDS.waiting && stream.writableLength <= UNSENT_BYTES_MAX;
  const hasRoomForLines = (): boolean => stream.writableLength <= UNSENT_BEFORE_LINES_MAX;
  const tellLosses = (): void => {
    if (dropped > 0 && hasRoom()) {
      send(FROM_PROGRAM.dropped, uint32(dropped));
      dropped = 0;
    }
    if (droppedLines > 0 && hasRoomForLines()) {
      send(FROM_PROGRAM.droppedLines, uint32(droppedLines));
      droppedLines = 0;
    }
  };
  /** Where nothing may follow: once so much room is there that nothing is lost again before something was said. */
  const tellLossesAlone = (): void => {
    if (!stream.writableNeedDrain) tellLosses();
  };
  stream.on("drain", tellLossesAlone);
  const writeLine = (level: number, text: string): void => {
    if (!hasRoomForLines()) {
      droppedLines += 1;
      return;
    }
    tellLosses();
    send(FROM_PROGRAM.console, Uint8Array.of(level), text);
  };

  return {
    ready: () => send(FROM_PROGRAM.ready),
    post({ kind, id, api, text, body }) {
      if (kind === 2) {
        writeLine(id, text);
        return 0;
      }
      if (!hasRoom()) {
        dropped += 1;
        return 2;
      }
      const name = encoder.encode(api);
      if (name.length > ENGINE_BOUNDS.apiBytes) return 1;
      const params = encoder.encode(text);
      tellLosses();
      waiting += 1;
      const head = [uint32(id), uint16(name.length), name] as const;
      const tooLong =
        params.length + name.length + 8 > FRAME_BYTES_MAX || (body?.length ?? 0) > ENGINE_BOUNDS.bodyBytes;
      if (tooLong) {
        send(FROM_PROGRAM.oversizedCall, ...head);
        return 0;
      }
      if (body !== undefined) {
        // an empty body is a body: one empty part says so
        for (let at = 0; at === 0 || at < body.length; at += ENGINE_BOUNDS.bodyPartBytes) {
          send(FROM_PROGRAM.body, uint32(id), body.subarray(at, at + ENGINE_BOUNDS.bodyPartBytes));
        }
      }
      send(kind === 1 ? FROM_PROGRAM.ask : FROM_PROGRAM.call, ...head, params);
      return 0;
    },
    fault(reason, text) {
      return new Promise((resolve) => {
        stream.write(encodeFrame(FROM_PROGRAM.fault, Uint8Array.of(reason), boundText(text, 4096)), () => resolve());
      });
    },
  };
}
