import type { Duplex } from "node:stream";
import type { HostTurns } from "../ports";
import {
  CONSOLE_LEVELS,
  type ConsoleLevel,
  createFrameReader,
  ENGINE_BOUNDS,
  FRAME_BYTES_MAX,
  FROM_HOST,
  FROM_PROGRAM,
  framePieces,
  kept,
  uint32,
} from "./frame-codec";

/** What a program may say. Who says it is never part of a message: the channel was bound when the program was started. */
export type FromProgramMessage =
  | { kind: "ready" }
  | { kind: "call"; id: number; api: string; params: Uint8Array; body: Uint8Array | undefined; oversized: boolean }
  | { kind: "ask"; id: number; api: string }
  /** Its text is made when it is asked for: most of a flood is not kept. */
  | { kind: "console"; level: ConsoleLevel; text(): string }
  | { kind: "dropped"; count: number }
  | { kind: "droppedLines"; count: number }
  | { kind: "fault"; reason: number; text: string };

/** What no engine of ours does: its other end is not to be trusted any longer. */
export type Violation =
  | "malformed_frame"
  | "repeated_ready"
  | "message_before_ready"
  | "body_without_call"
  | "body_too_long"
  | "name_too_long"
  | "number_in_use"
  | "too_many_waiting"
  | "loss_without_message";

/** One small piece of what a message still takes; false once it was the last one. */
export type Rest = () => boolean;

export type BridgeChannelHandlers = {
  /** Answers what is still to be done, if anything: it is done in turn, before the next message. */
  onMessage(message: FromProgramMessage): Rest | undefined;
  /** Nothing follows. */
  onViolation(violation: Violation): void;
  /** The program's end is gone. */
  onClosed(): void;
  /** Whose thread it is. */
  turns: HostTurns;
};

/** Why a program is not listened to for a while; what it writes waits with it. */
export type Hold = "flood" | "unread" | "busy" | "bytes";

export type BridgeChannel = {
  /** Hands over the source and lets the program begin. */
  run(source: Uint8Array, options: Record<string, number>): void;
  /** False where the answer is too long for a frame; nothing was sent then. */
  reply(id: number, ok: boolean, value: unknown, body?: Uint8Array): boolean;
  /** Resolves once the program has taken all that was sent, or is gone. */
  taken(): Promise<void>;
  hold(why: Hold): void;
  release(why: Hold): void;
  /** Whole milliseconds of the host's thread that went into this channel since it was last asked. */
  takeCpuMs(): number;
  close(): void;
};

/** A value whose JSON is there already: the text of one member beside the others. */
export class WithText {
  constructor(
    readonly value: Readonly<Record<string, unknown>>,
    readonly member: string,
    readonly json: Uint8Array,
  ) {}
}

/** Bytes that may wait here once a frame is whole, before what follows waits with the program. */
const AHEAD_BYTES_MAX = 64 * 1024;
const BODY_PARTS_MAX = 32;
const NOTHING = new Uint8Array(0);
/** Answers that the program has not read; above it, it is not listened to until it has. */
const UNREAD_BYTES_MAX = 1024 * 1024;

class Broken extends Error {
  constructor(readonly violation: Violation) {
    super(violation);
  }
}

function check(condition: boolean, violation: Violation = "malformed_frame"): asserts condition {
  if (!condition) throw new Broken(violation);
}

const decoder = new TextDecoder();

function readHead(payload: Uint8Array): { id: number; api: string; rest: Uint8Array } {
  check(payload.length >= 6);
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const nameBytes = view.getUint16(4);
  check(nameBytes <= ENGINE_BOUNDS.apiBytes, "name_too_long");
  check(payload.length >= 6 + nameBytes);
  // an API's name that is no UTF-8 is no API's name; it is answered, not interpreted
  const api = decoder.decode(payload.subarray(6, 6 + nameBytes));
  return { id: view.getUint32(0), api, rest: kept(payload.subarray(6 + nameBytes)) };
}

function readCount(payload: Uint8Array): number {
  check(payload.length === 4);
  const count = new DataView(payload.buffer, payload.byteOffset).getUint32(0);
  check(count > 0);
  return count;
}

/** Frames as messages, and the order in which an engine says them. */
function createMessageReader() {
  const waiting = new Set<number>();
  let body: { id: number; whole: Uint8Array | undefined; parts: number; bytes: number } | undefined;
  let isReady = false;
  const lossesTold = new Set<"dropped" | "droppedLines">();

  const addBody = (payload: Uint8Array): void => {
    check(payload.length >= 4);
    const id = new DataView(payload.buffer, payload.byteOffset).getUint32(0);
    body ??= { id, whole: undefined, parts: 0, bytes: 0 };
    check(body.id === id, "body_without_call");
    const part = payload.subarray(4);
    const { whole, bytes } = body;
    body.parts += 1;
    body.bytes += part.length;
    check(body.bytes <= ENGINE_BOUNDS.bodyBytes && body.parts <= BODY_PARTS_MAX, "body_too_long");
    if (whole === undefined) {
      body.whole = kept(part);
    } else {
      // the longest that it may be, of which the system gives no page before it is written to
      if (bytes === whole.length) body.whole = new Uint8Array(ENGINE_BOUNDS.bodyBytes);
      if (body.whole !== whole) body.whole?.set(whole);
      body.whole?.set(part, bytes);
    }
  };
  const takeBody = (id: number): Uint8Array | undefined => {
    if (body === undefined) return undefined;
    check(body.id === id, "body_without_call");
    const whole = body.whole?.subarray(0, body.bytes);
    body = undefined;
    return whole;
  };
  const expectAnswer = (id: number): void => {
    check(!waiting.has(id), "number_in_use");
    waiting.add(id);
    check(waiting.size <= ENGINE_BOUNDS.waiting, "too_many_waiting");
  };
  const readCall = (kind: number, payload: Uint8Array): FromProgramMessage => {
    const { id, api, rest } = readHead(payload);
    expectAnswer(id);
    if (kind === FROM_PROGRAM.ask) return { kind: "ask", id, api };
    return { kind: "call", id, api, params: rest, body: takeBody(id), oversized: kind === FROM_PROGRAM.oversizedCall };
  };

  return {
    answered: (id: number): void => {
      waiting.delete(id);
    },
    read(kind: number, payload: Uint8Array): FromProgramMessage | undefined {
      if (kind === FROM_PROGRAM.fault) {
        return { kind: "fault", reason: payload[0] ?? 0, text: decoder.decode(payload.subarray(1, 16 * 1024)) };
      }
      check(isReady || kind === FROM_PROGRAM.ready, "message_before_ready");
      const isBodysOwn = kind === FROM_PROGRAM.body || kind === FROM_PROGRAM.call;
      check(body === undefined || isBodysOwn, "body_without_call");
      const isLoss = kind === FROM_PROGRAM.dropped || kind === FROM_PROGRAM.droppedLines;
      // to clear a set makes a table, even where nothing is in it
      if (!isLoss && lossesTold.size > 0) lossesTold.clear();
      switch (kind) {
        case FROM_PROGRAM.ready:
          check(!isReady, "repeated_ready");
          isReady = true;
          return { kind: "ready" };
        case FROM_PROGRAM.call:
        case FROM_PROGRAM.oversizedCall:
        case FROM_PROGRAM.ask:
          return readCall(kind, payload);
        case FROM_PROGRAM.body:
          addBody(payload);
          return undefined;
        case FROM_PROGRAM.console: {
          const level = CONSOLE_LEVELS[payload[0] ?? -1];
          check(level !== undefined);
          return { kind: "console", level, text: () => decoder.decode(payload.subarray(1)) };
        }
        case FROM_PROGRAM.dropped:
        case FROM_PROGRAM.droppedLines: {
          // nothing is lost again where nothing was said since, so a loss can be no flood of its own
          const loss = kind === FROM_PROGRAM.dropped ? "dropped" : "droppedLines";
          check(!lossesTold.has(loss), "loss_without_message");
          lossesTold.add(loss);
          return { kind: loss, count: readCount(payload) };
        }
        default:
          throw new Broken("malformed_frame");
      }
    },
  };
}

/** The host's end of one program's channel: frames are read one at a time, in the program's turns. */
export function createBridgeChannel(stream: Duplex, handlers: BridgeChannelHandlers): BridgeChannel {
  const frames = createFrameReader();
  const messages = createMessageReader();
  const holds = new Set<Hold>();
  let rest: Rest | undefined;
  let ended = false;
  let isGone = false;

  const end = (): void => {
    ended = true;
    rest = undefined;
    share.leave();
  };
  const finish = (): void => {
    end();
    handlers.onClosed();
  };
  const violate = (violation: Violation): false => {
    end();
    stream.pause();
    handlers.onViolation(violation);
    if (isGone) handlers.onClosed();
    return false;
  };
  const hear = (kind: number, payload: Uint8Array): void => {
    const message = messages.read(kind, payload);
    if (message === undefined || (isGone && (message.kind === "call" || message.kind === "ask"))) return;
    rest = handlers.onMessage(message);
  };
  const step = (): boolean => {
    if (ended || holds.size > 0) return false;
    if (rest !== undefined) {
      if (!rest()) rest = undefined;
      return true;
    }
    const frame = frames.next();
    if (frame === "malformed") return violate("malformed_frame");
    if (frame === undefined) {
      if (isGone) finish();
      else listen();
      return false;
    }
    try {
      hear(frame.kind, frame.payload);
    } catch (error) {
      if (!(error instanceof Broken)) throw error;
      return violate(error.violation);
    }
    return true;
  };
  const share = handlers.turns.join(step);
  const listen = (): void => {
    if (holds.size > 0 || ended) stream.pause();
    else stream.resume();
  };
  const hold = (why: Hold): void => {
    holds.add(why);
    listen();
  };
  const release = (why: Hold): void => {
    if (!holds.delete(why) || holds.size > 0) return;
    listen();
    share.wake();
  };

  stream.on("data", (bytes: Buffer) => {
    if (ended) return;
    share.charge(() => frames.add(bytes));
    if (frames.waitingBytes > AHEAD_BYTES_MAX && frames.hasNext) stream.pause();
    share.wake();
  });
  stream.on("close", () => {
    // what it said last is heard: why it ended, above all
    isGone = true;
    if (ended) {
      handlers.onClosed();
      return;
    }
    holds.clear();
    rest = undefined;
    if (step()) share.wake();
  });
  // a program that ended while it was answered breaks the pipe; its end is reported by the process itself
  stream.on("error", () => undefined);

  const write = (kind: number, ...parts: readonly (Uint8Array | string)[]): void => {
    if (stream.destroyed || !stream.writable) return;
    stream.cork();
    for (const piece of framePieces(kind, ...parts)) stream.write(piece);
    stream.uncork();
    if (holds.has("unread") || stream.writableLength <= UNREAD_BYTES_MAX) return;
    hold("unread");
    stream.once("drain", () => release("unread"));
  };
  const sendReply = (id: number, ok: boolean, text: readonly (Uint8Array | string)[], body?: Uint8Array): void => {
    if (body !== undefined) {
      for (let at = 0; at === 0 || at < body.length; at += ENGINE_BOUNDS.bodyPartBytes) {
        write(FROM_HOST.body, uint32(id), body.subarray(at, at + ENGINE_BOUNDS.bodyPartBytes));
      }
    }
    write(FROM_HOST.reply, uint32(id), Uint8Array.of(ok ? 1 : 0), ...text);
    messages.answered(id);
  };
  return {
    run(source, options) {
      for (let at = 0; at < source.length; at += ENGINE_BOUNDS.bodyPartBytes) {
        write(FROM_HOST.source, source.subarray(at, at + ENGINE_BOUNDS.bodyPartBytes));
      }
      write(FROM_HOST.run, JSON.stringify(options));
    },
    reply: (id, ok, value, body) =>
      share.charge(() => {
        const text = jsonOf(value);
        if (text.reduce((sum, part) => sum + Buffer.byteLength(part), 8) > FRAME_BYTES_MAX) return false;
        sendReply(id, ok, text, body);
        return true;
      }),
    taken: () =>
      new Promise((resolve) => {
        if (stream.destroyed || stream.writableLength === 0) resolve();
        // nothing, behind all that was written: the stream says when it has come so far, or that it is gone
        else stream.write(NOTHING, () => resolve());
      }),
    hold,
    release,
    takeCpuMs: share.takeCpuMs,
    close: () => stream.destroy(),
  };
}

function jsonOf(value: unknown): readonly (Uint8Array | string)[] {
  if (value === undefined) return [];
  if (!(value instanceof WithText)) return [JSON.stringify(value)];
  const others = Object.entries(value.value).map(([name, item]) => `,${JSON.stringify(name)}:${JSON.stringify(item)}`);
  return [`{${JSON.stringify(value.member)}:`, value.json, `${others.join("")}}`];
}
