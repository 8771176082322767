import { Duplex } from "node:stream";
import { expect, it } from "vitest";
import { createBridgeChannel, type FromProgramMessage, type Violation } from "../../native/host/bridge/bridge-channel";
import { encodeFrame, FROM_HOST, FROM_PROGRAM, uint16, uint32 } from "../../native/host/bridge/frame-codec";
import { createHostTurns } from "../../native/host/bridge/host-turns";
import { createEngineChannel } from "../../native/host/engines/script/engine-channel";

/** Frames that each of the runs below says at least. */
const FRAMES = 1_000_000;
/** What the process may have grown by at the end of a run: no frame of them all is kept. */
const GROWTH_BYTES_MAX = 64 * 1024 * 1024;

/** The same numbers for the same seed. */
function createRandom(seed: number) {
  let state = seed >>> 0;
  const next = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  return {
    below: next,
    bytes: (length: number) => Uint8Array.from({ length }, () => next(256)),
    pick: <T>(items: readonly T[]): T => items[next(items.length)] as T,
  };
}
type Random = ReturnType<typeof createRandom>;

class Pipe extends Duplex {
  override _read(): void {}
  override _write(_chunk: Uint8Array, _encoding: string, done: () => void): void {
    done();
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const used = (): number => {
  globalThis.gc?.();
  return process.memoryUsage().rss;
};

/** One host's end, which answers what it hears at once. */
function openHost() {
  const pipe = new Pipe();
  const heard = { messages: 0, violations: [] as Violation[] };
  const channel = createBridgeChannel(pipe, {
    onMessage(message: FromProgramMessage) {
      heard.messages += 1;
      if (message.kind === "call" || message.kind === "ask") channel.reply(message.id, true, {});
      return undefined;
    },
    onViolation: (violation) => heard.violations.push(violation),
    onClosed: () => undefined,
    // time stands still, so that no share is ever used up
    turns: createHostTurns({ monotonicMs: () => 0, timers: { after: () => () => undefined }, later: setImmediate }),
  });
  return { pipe, heard };
}

const KINDS = Object.values(FROM_PROGRAM);

/** A frame as an engine writes it, or nearly so. */
function structured(random: Random, id: number): Uint8Array {
  const name = "n".repeat(random.below(40));
  const head = [uint32(id), uint16(name.length), name] as const;
  switch (random.below(12)) {
    case 0:
      return encodeFrame(FROM_PROGRAM.ask, ...head);
    case 1:
      return encodeFrame(FROM_PROGRAM.console, Uint8Array.of(random.below(4)), random.bytes(random.below(60)));
    case 2:
      return encodeFrame(FROM_PROGRAM.oversizedCall, ...head);
    case 3:
      return Buffer.concat([
        encodeFrame(FROM_PROGRAM.body, uint32(id), random.bytes(random.below(60))),
        encodeFrame(FROM_PROGRAM.call, ...head, "{}"),
      ]);
    default:
      return encodeFrame(FROM_PROGRAM.call, ...head, random.bytes(random.below(80)));
  }
}

it("the host's end takes a million frames as an engine writes them, answers each, and keeps none", async () => {
  const random = createRandom(1);
  const { pipe, heard } = openHost();
  const before = used();
  pipe.push(encodeFrame(FROM_PROGRAM.ready));
  for (let said = 0; said < FRAMES; said += 500) {
    pipe.push(Buffer.concat(Array.from({ length: 500 }, (_, place) => structured(random, said + place))));
    while (pipe.readableLength > 0) await settled();
  }
  while (heard.messages < FRAMES + 1 && heard.violations.length === 0) await settled();
  expect(heard.violations).toEqual([]);
  expect(used() - before).toBeLessThan(GROWTH_BYTES_MAX);
});

it("a million frames of a broken engine: they end its program, none is an error of the host's, and nothing grows", async () => {
  const random = createRandom(2);
  const before = used();
  const violations = new Map<Violation, number>();
  let said = 0;
  while (said < FRAMES) {
    const { pipe, heard } = openHost();
    if (random.below(4) > 0) pipe.push(encodeFrame(FROM_PROGRAM.ready));
    // now and then a frame of the right form first; sooner or later something that no engine says
    const frames = Array.from({ length: 200 }, () => {
      switch (random.below(6)) {
        case 0:
          return encodeFrame(random.below(256), random.bytes(random.below(40)));
        case 1:
          return encodeFrame(random.pick(KINDS), random.bytes(random.below(12)));
        case 2:
          return random.bytes(1 + random.below(30));
        case 3:
          return encodeFrame(FROM_PROGRAM.body, uint32(random.below(3)), random.bytes(random.below(20)));
        default:
          return structured(random, random.below(50));
      }
    });
    for (const cut of [0, 1, 2]) pipe.push(Buffer.concat(frames.filter((_, place) => place % 3 === cut)));
    said += frames.length;
    // raw bytes may begin a long frame, the rest of which it then waits for
    for (let turn = 0; turn < 60 && heard.violations.length === 0; turn += 1) await settled();
    expect(heard.violations.length).toBeLessThanOrEqual(1);
    for (const violation of heard.violations) violations.set(violation, (violations.get(violation) ?? 0) + 1);
    pipe.destroy();
  }
  expect([...violations.values()].reduce((sum, times) => sum + times, 0)).toBeGreaterThan(FRAMES / 400);
  expect([...violations.keys()].sort()).toEqual(
    expect.arrayContaining(["body_without_call", "malformed_frame", "message_before_ready", "repeated_ready"]),
  );
  await settled();
  expect(used() - before).toBeLessThan(GROWTH_BYTES_MAX);
});

it("the engine's end takes a million frames of a host, whatever they say, without an error and without growth", async () => {
  const random = createRandom(3);
  const before = used();
  let said = 0;
  let closed = 0;
  let heard = 0;
  while (said < FRAMES) {
    const pipe = new Pipe();
    let isClosed = false;
    createEngineChannel(pipe, {
      onPrepare: () => {
        heard += 1;
      },
      onRun: () => {
        heard += 1;
      },
      onReply: () => {
        heard += 1;
      },
      onClosed: () => {
        if (!isClosed) closed += 1;
        isClosed = true;
      },
    });
    for (let part = 0; part < 20 && !isClosed; part += 1) {
      const frames = Array.from({ length: 500 }, () => {
        const id = uint32(random.below(5));
        switch (random.below(1_000)) {
          case 0:
            return random.bytes(1 + random.below(12));
          case 1:
            return encodeFrame(random.below(256), random.bytes(random.below(30)));
          case 2:
            return encodeFrame(FROM_HOST.reply, random.bytes(random.below(6)));
          default:
            return random.below(4) === 0
              ? encodeFrame(FROM_HOST.body, id, random.bytes(random.below(40)))
              : encodeFrame(FROM_HOST.reply, id, Uint8Array.of(random.below(2)), "{}");
        }
      });
      pipe.push(Buffer.concat(frames));
      said += frames.length;
      while (pipe.readableLength > 0) await settled();
    }
    pipe.destroy();
  }
  expect(closed).toBeGreaterThan(0);
  expect(heard).toBeGreaterThan(0);
  await settled();
  expect(used() - before).toBeLessThan(GROWTH_BYTES_MAX);
});
