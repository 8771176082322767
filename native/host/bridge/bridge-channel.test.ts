import { Duplex } from "node:stream";
import { beforeEach, describe, expect, it } from "vitest";
import { type BridgeChannel, createBridgeChannel, type FromProgramMessage } from "./bridge-channel";
import { createFrameReader, encodeFrame, FROM_PROGRAM, uint16, uint32 } from "./frame-codec";

const MIB = 1024 * 1024;

class FakeProgram extends Duplex {
  readonly written: Uint8Array[] = [];
  override _read(): void {}
  override _write(chunk: Uint8Array, _encoding: string, done: () => void): void {
    this.written.push(chunk);
    done();
  }
  say(...frames: Uint8Array[]): void {
    this.push(Buffer.concat(frames));
  }
}

let program: FakeProgram;
let channel: BridgeChannel;
let heard: FromProgramMessage[];
let malformed: number;

beforeEach(() => {
  program = new FakeProgram();
  heard = [];
  malformed = 0;
  channel = createBridgeChannel(program, {
    onMessage: (message) => heard.push(message),
    onMalformed: () => {
      malformed += 1;
    },
    onClosed: () => undefined,
  });
});

const call = (id: number, api: string, params: string): Uint8Array =>
  encodeFrame(FROM_PROGRAM.call, uint32(id), uint16(Buffer.byteLength(api)), api, params);
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

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
    expect(malformed).toBe(1);
    expect(heard).toEqual([]);
  });

  it("does not keep bodies whose call never comes", async () => {
    for (let id = 0; id < 10; id += 1) program.say(encodeFrame(FROM_PROGRAM.body, uint32(id), new Uint8Array(MIB - 5)));
    await settled();
    expect(malformed).toBe(1);
  });

  it("says when an answer is too long for a message and sends none of it", () => {
    expect(channel.reply(1, true, { text: "x".repeat(MIB) })).toBe(false);
    expect(program.written).toEqual([]);
  });

  it("sends a long body in parts before its answer", () => {
    channel.reply(3, true, { status: 200 }, new Uint8Array(3 * MIB));
    const { frames } = createFrameReader().push(Buffer.concat(program.written));
    expect(frames.map((frame) => frame.kind)).toEqual([0x84, 0x84, 0x84, 0x84, 0x84, 0x84, 0x83]);
  });
});
