import { Duplex } from "node:stream";
import { beforeEach, describe, expect, it } from "vitest";
import {
  type BridgeChannel,
  createBridgeChannel,
  type FromProgramMessage,
  type Rest,
  type Violation,
} from "./bridge-channel";
import { createFrameReader, encodeFrame, FROM_PROGRAM, uint16, uint32 } from "./frame-codec";
import { createHostTurns } from "./host-turns";

const MIB = 1024 * 1024;

class FakeProgram extends Duplex {
  readonly written: Uint8Array[] = [];
  isReading = true;
  private unread: (() => void) | undefined;
  override _read(): void {}
  override _write(chunk: Uint8Array, _encoding: string, done: () => void): void {
    this.written.push(chunk);
    if (this.isReading) done();
    else this.unread = done;
  }
  readOn(): void {
    this.isReading = true;
    this.unread?.();
  }
  say(...frames: Uint8Array[]): void {
    this.push(Buffer.concat(frames));
  }
}

let program: FakeProgram;
let channel: BridgeChannel;
let heard: FromProgramMessage[];
let violations: Violation[];
let closed: number;
let rest: Rest | undefined;

function open(): void {
  program = new FakeProgram();
  heard = [];
  violations = [];
  closed = 0;
  rest = undefined;
  channel = createBridgeChannel(program, {
    onMessage: (message) => {
      heard.push(message);
      return rest;
    },
    onViolation: (violation) => violations.push(violation),
    onClosed: () => {
      closed += 1;
    },
    turns: createHostTurns({ monotonicMs: () => 0, timers: { after: () => () => undefined }, later: setImmediate }),
  });
}
const ready = encodeFrame(FROM_PROGRAM.ready);
const dropped = (count: number): Uint8Array => encodeFrame(FROM_PROGRAM.dropped, uint32(count));

beforeEach(async () => {
  open();
  program.say(ready);
  await settled();
  heard = [];
});

const call = (id: number, api: string, params: string): Uint8Array =>
  encodeFrame(FROM_PROGRAM.call, uint32(id), uint16(Buffer.byteLength(api)), api, params);
async function settled(): Promise<void> {
  for (let turn = 0; turn < 8; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

describe("the host's end of a channel", () => {
  it("joins a body's parts with the call that follows them", async () => {
    program.say(
      encodeFrame(FROM_PROGRAM.body, uint32(5), "one "),
      encodeFrame(FROM_PROGRAM.body, uint32(5), "two"),
      call(5, "network.request", "{}"),
      call(6, "network.request", "{}"),
    );
    await settled();
    const bodies = heard.map((message) =>
      message.kind === "call" && message.body ? String(Buffer.from(message.body)) : "none",
    );
    expect(bodies).toEqual(["one two", "none"]);
  });

  it.each([
    ["an unknown kind", encodeFrame(0x7f, "x")],
    ["a call cut before its name", encodeFrame(FROM_PROGRAM.call, uint32(1))],
    ["a name longer than its frame", encodeFrame(FROM_PROGRAM.call, uint32(1), uint16(500), "short")],
    ["a line without a level", encodeFrame(FROM_PROGRAM.console, Uint8Array.of(9), "x")],
    ["a count of the wrong size", encodeFrame(FROM_PROGRAM.dropped, Uint8Array.of(1))],
    ["a frame of the host's own", encodeFrame(0x83, uint32(1), Uint8Array.of(1), "{}")],
  ])("stops listening for good at %s", async (_what, frame) => {
    program.say(frame, call(1, "device.info", "{}"));
    await settled();
    program.say(call(2, "device.info", "{}"));
    await settled();
    expect(violations).toHaveLength(1);
    expect(heard).toEqual([]);
  });

  it.each<[Violation, Uint8Array[]]>([
    ["repeated_ready", [ready]],
    [
      "body_without_call",
      [encodeFrame(FROM_PROGRAM.body, uint32(1), "x"), encodeFrame(FROM_PROGRAM.body, uint32(2), "y")],
    ],
    ["body_without_call", [encodeFrame(FROM_PROGRAM.body, uint32(1), "x"), call(2, "device.info", "{}")]],
    [
      "body_without_call",
      [encodeFrame(FROM_PROGRAM.body, uint32(1), "x"), encodeFrame(FROM_PROGRAM.console, Uint8Array.of(1), "x")],
    ],
    [
      "body_too_long",
      Array.from({ length: 10 }, () => encodeFrame(FROM_PROGRAM.body, uint32(1), new Uint8Array(MIB - 5))),
    ],
    ["body_too_long", Array.from({ length: 40 }, () => encodeFrame(FROM_PROGRAM.body, uint32(1), "x"))],
    ["name_too_long", [call(1, "n".repeat(257), "{}")]],
    ["number_in_use", [call(1, "device.info", "{}"), call(1, "device.info", "{}")]],
    ["too_many_waiting", Array.from({ length: 1_025 }, (_, id) => call(id, "device.info", "{}"))],
    ["loss_without_message", [dropped(1), dropped(1)]],
    ["malformed_frame", [dropped(0)]],
  ])("ends a program whose engine does what none of ours does: %s", async (violation, said) => {
    program.say(...said);
    await settled();
    expect(violations).toEqual([violation]);
    program.say(call(5_000, "device.info", "{}"));
    await settled();
    expect(heard.filter((message) => message.kind === "call" && message.id === 5_000)).toEqual([]);
  });

  it("hears nothing before its engine says that it stands, but why it can't", async () => {
    open();
    program.say(call(1, "device.info", "{}"));
    await settled();
    expect(violations).toEqual(["message_before_ready"]);
    open();
    program.say(encodeFrame(FROM_PROGRAM.fault, Uint8Array.of(2), "why"));
    await settled();
    expect(heard).toEqual([{ kind: "fault", reason: 2, text: "why" }]);
  });

  it("takes a number again once it was answered", async () => {
    program.say(call(1, "device.info", "{}"));
    await settled();
    channel.reply(1, true, {});
    program.say(call(1, "device.info", "{}"));
    await settled();
    expect(violations).toEqual([]);
  });

  it("does what is left of a message before it hears the next one", async () => {
    let left = 3;
    rest = () => {
      left -= 1;
      return left > 0;
    };
    program.say(call(1, "device.info", "{}"), call(2, "device.info", "{}"));
    await settled();
    expect(heard.map((message) => message.kind === "call" && message.id)).toEqual([1, 2]);
    expect(left).toBeLessThanOrEqual(0);
  });

  it("leaves what a program writes with it while it is held, and hears it afterwards", async () => {
    channel.hold("busy");
    channel.hold("flood");
    program.say(call(1, "device.info", "{}"));
    channel.release("busy");
    await settled();
    expect(heard).toEqual([]);
    channel.release("flood");
    await settled();
    expect(heard).toHaveLength(1);
  });

  it("is deaf to a program that reads no answers, until it has read them", async () => {
    program.isReading = false;
    for (let id = 1; id <= 3; id += 1) channel.reply(id, true, { text: "x".repeat(MIB - 100) });
    program.say(call(4, "device.info", "{}"));
    await settled();
    expect(heard).toEqual([]);
    program.readOn();
    await settled();
    expect(heard).toHaveLength(1);
  });

  it("hears to the end what an engine said before it went", async () => {
    program.say(encodeFrame(FROM_PROGRAM.fault, Uint8Array.of(1), "last words"), call(9, "device.info", "{}"));
    program.destroy();
    await settled();
    expect(heard).toEqual([{ kind: "fault", reason: 1, text: "last words" }]);
    expect(closed).toBe(1);
  });

  it("says when an answer is too long for a message and sends none of it", () => {
    expect(channel.reply(1, true, { text: "x".repeat(MIB) })).toBe(false);
    expect(program.written).toEqual([]);
  });

  it("sends a long body in parts before its answer", () => {
    channel.reply(3, true, { status: 200 }, new Uint8Array(3 * MIB));
    const reader = createFrameReader();
    reader.add(Buffer.concat(program.written));
    const kinds: number[] = [];
    for (let frame = reader.next(); typeof frame === "object"; frame = reader.next()) kinds.push(frame.kind);
    expect(kinds).toEqual([0x84, 0x84, 0x84, 0x84, 0x84, 0x84, 0x83]);
  });
});
