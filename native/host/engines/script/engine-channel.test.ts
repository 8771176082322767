import { Duplex } from "node:stream";
import { beforeEach, describe, expect, it } from "vitest";
import { createBridgeChannel, type FromProgramMessage, type Violation } from "../../bridge/bridge-channel";
import { ENGINE_BOUNDS, encodeFrame, FROM_HOST, uint32 } from "../../bridge/frame-codec";
import { createHostTurns } from "../../bridge/host-turns";
import { createEngineChannel, type EngineChannel } from "./engine-channel";

/** The engine's end, whose frames a host's end hears once they are let through. */
class Pipe extends Duplex {
  private held: [Uint8Array, () => void][] | undefined;
  readonly host = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
  override _read(): void {}
  override _write(chunk: Uint8Array, _encoding: string, done: () => void): void {
    if (this.held !== undefined) this.held.push([chunk, done]);
    else this.pass(chunk, done);
  }
  hold(): void {
    this.held = [];
  }
  release(): void {
    const held = this.held ?? [];
    this.held = undefined;
    for (const [chunk, done] of held) this.pass(chunk, done);
  }
  private pass(chunk: Uint8Array, done: () => void): void {
    this.host.push(chunk);
    done();
  }
}

let pipe: Pipe;
let channel: EngineChannel;
let heard: FromProgramMessage[];
let violations: Violation[];

beforeEach(() => {
  pipe = new Pipe();
  heard = [];
  violations = [];
  createBridgeChannel(pipe.host, {
    onMessage: (message) => {
      heard.push(message);
      return undefined;
    },
    onViolation: (violation) => violations.push(violation),
    onClosed: () => undefined,
    turns: createHostTurns({ monotonicMs: () => 0, timers: { after: () => () => undefined }, later: setImmediate }),
  });
  const ignore = (): void => undefined;
  channel = createEngineChannel(pipe, { onPrepare: ignore, onRun: ignore, onReply: ignore, onClosed: ignore });
  channel.ready();
});

async function settled(): Promise<void> {
  for (let turn = 0; turn < 40; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
const writeLine = (text: string) => channel.post({ kind: 2, id: 1, api: "", text, body: undefined });
const call = (id: number) => channel.post({ kind: 0, id, api: "device.info", text: "{}", body: undefined });
const losses = () => heard.flatMap((message) => ("count" in message ? [[message.kind, message.count]] : []));

describe("what finds no room on the program's side is told", () => {
  it("of lines, also where the program is silent from then on, and again after the next flood", async () => {
    for (const flood of [1, 2]) {
      pipe.hold();
      for (let line = 0; line < 400; line += 1) writeLine("x".repeat(4096));
      pipe.release();
      await settled();
      expect(losses()).toHaveLength(flood);
    }
    const kept = heard.filter(({ kind }) => kind === "console").length;
    expect(kept + losses().reduce((sum, [, count]) => sum + Number(count), 0)).toBe(800);
    expect(violations).toEqual([]);
  });

  it("of calls, with the answer that makes room, also where no other call follows", async () => {
    for (let id = 1; id <= ENGINE_BOUNDS.waiting; id += 1) expect(call(id)).toBe(0);
    expect([call(5_000), call(5_001)]).toEqual([2, 2]);
    await settled();
    expect(losses()).toEqual([]);
    pipe.push(encodeFrame(FROM_HOST.reply, uint32(1), Uint8Array.of(1), "{}"));
    await settled();
    expect(losses()).toEqual([["dropped", 2]]);
    expect(violations).toEqual([]);
  });
});
