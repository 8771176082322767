import { EventEmitter } from "node:events";
import type { ServerResponse } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Announcement, Pace, Store } from "@/db/store";
import type { DocumentCache } from "../documents/document-cache";
import type { DeliveryPorts } from "./stream-deliveries";
import { createStreamHub, type StreamHub } from "./stream-hub";

const A = "com.example.a";
const B = "com.example.b";
const programAt = (appId: string, revision = 2) => ({ kind: "program" as const, appId, epoch: 1, revision });
const platformAt = (revision: number) => ({ kind: "platform" as const, appId: null, epoch: 1, revision });

let announce: (announcement: Announcement) => void;
let nowMs: number;
let turns: (() => void)[];
let timers: { atMs: number; run: () => void }[];
/** Frames that were written since the last turn began. */
let written: number;
let hub: StreamHub;
let delivery: DeliveryPorts;
let store: Store;
let cache: DocumentCache;
/** Which documents the hub has asked for. */
let read: string[];
const makeHub = (streamsMax?: number) =>
  createStreamHub({
    ...{ store, cache, logger: () => undefined, delivery },
    ...(streamsMax === undefined ? {} : { streamsMax }),
  });
let readFails: boolean;

/** As much of a response as the hub writes to. */
class FakeResponse extends EventEmitter {
  frames: string[] = [];
  writableLength = 0;
  destroyed = false;
  writableEnded = false;
  writeHead(): void {}
  write(text: string): void {
    written += 1;
    this.frames.push(...text.split("\n\n").filter((part) => part !== ""));
  }
  end(text = ""): void {
    if (text !== "") this.write(text);
    this.writableEnded = true;
    this.emit("close");
  }
  destroy(): void {
    this.destroyed = true;
    this.emit("close");
  }
  get told(): string[] {
    return this.frames.filter((part) => part.startsWith("event: revision"));
  }
}

beforeEach(() => {
  [nowMs, turns, timers, written] = [0, [], [], 0];
  delivery = {
    random: () => 0.5,
    nowMs: () => nowMs,
    nextTurn: (run) => void turns.push(run),
    after: (ms, run) => void timers.push({ atMs: nowMs + ms, run }),
  };
  store = {
    subscribe(listener: typeof announce) {
      announce = listener;
      return () => undefined;
    },
  } as unknown as Store;
  readFails = false;
  read = [];
  cache = {
    async newest(name) {
      read.push(name);
      if (readFails) throw new Error("the store cannot be read");
      return null;
    },
    newestFor: async () => ({ isRevoked: null, document: async () => null }),
    keyset: async () => null,
  };
  hub = makeHub();
});
afterEach(() => hub.close());

/** Lets one turn of the event loop go by; answers how many frames it wrote. */
async function takeTurn(): Promise<number> {
  written = 0;
  for (const run of turns.splice(0)) run();
  await new Promise((resolve) => setImmediate(resolve));
  return written;
}

async function pass(ms: number): Promise<void> {
  const end = nowMs + ms;
  for (;;) {
    const next = timers.filter(({ atMs }) => atMs <= end).sort((a, b) => a.atMs - b.atMs)[0];
    if (next === undefined) break;
    timers = timers.filter((timer) => timer !== next);
    nowMs = Math.max(nowMs, next.atMs);
    next.run();
    await takeTurn();
  }
  nowMs = end;
}

let devices = 0;
async function open(...lists: (string[] | null)[]): Promise<FakeResponse[]> {
  const opened = lists.map((programs) => {
    const response = new FakeResponse();
    devices += 1;
    const named = programs === null ? null : new Set(programs);
    return { response, done: hub.open(`dev_${devices}`, named, response as unknown as ServerResponse) };
  });
  await takeTurn();
  await Promise.all(opened.map(({ done }) => done));
  return opened.map(({ response }) => response);
}
const openMany = (count: number) => open(...Array<null>(count).fill(null));

function tell(documents: Extract<Announcement, { topic: "documents" }>["documents"], pace?: Pace): void {
  announce({ topic: "documents", documents, ...(pace === undefined ? {} : { pace }) });
}
const countTold = (streams: FakeResponse[]) => streams.filter(({ told }) => told.length > 0).length;

describe("a stream", () => {
  it("hears of the programs that it names, of platform document and keyset, and without names of every program", async () => {
    const [a, none, all] = await open([A], [], null);
    tell([programAt(A), programAt(B), platformAt(7)]);
    tell([programAt(B, 3)]);
    tell([{ kind: "keyset", appId: null, epoch: 1, revision: 2 }]);
    const kindsOf = (stream?: FakeResponse) => stream?.told.map((text) => /"kind":"(\w+)"/.exec(text)?.[1]);
    expect(kindsOf(a)).toEqual(["program", "platform", "keyset"]);
    expect(a?.told[0]).toContain(A);
    expect(kindsOf(none)).toEqual(["platform", "keyset"]);
    expect(kindsOf(all)).toEqual(["program", "program", "platform", "program", "keyset"]);
  });

  it("finds read ahead what it is told of at once: a few documents, not what may wait, and nothing where nobody listens", async () => {
    tell([programAt(A), platformAt(7)]);
    expect(read).toEqual([]);
    const [own] = await open([A]);
    read = [];
    tell([programAt(A), platformAt(8)]);
    expect(read).toEqual([`program:${A}`, "platform"]);
    tell([programAt(B), platformAt(9)], "soon");
    expect(read).toHaveLength(2);
    tell(Array.from({ length: 50 }, () => programAt(A)));
    expect(read.length).toBeLessThan(10);
    readFails = true;
    tell([platformAt(10)]);
    await takeTurn();
    expect(own?.told.at(-1)).toContain('"revision":10');
  });

  it("that ended leaves nothing behind, and its programs' next revision goes to the others", async () => {
    const [gone, stays] = await open([A], [A]);
    gone?.destroy();
    tell([programAt(A)]);
    expect([gone?.told.length, stays?.told.length, hub.openCount()]).toEqual([0, 1, 1]);
  });

  it("is not joined by a device that went while it was recognised", async () => {
    const response = new FakeResponse();
    response.destroy();
    await hub.open("dev_gone", null, response as unknown as ServerResponse);
    expect(hub.openCount()).toBe(0);
  });

  it("is told where documents stand once the store can be read, when something may have been missed while it could not", async () => {
    const [stream] = await open([A]);
    readFails = true;
    tell([]);
    await takeTurn();
    await pass(3_500);
    const greetings = () => stream?.frames.filter((text) => text.startsWith("event: hello")).length;
    expect(greetings()).toBe(1);
    readFails = false;
    await pass(1_000);
    expect(greetings()).toBe(2);
    await pass(5_000);
    expect(greetings()).toBe(2);
  });

  it("whose reader is too far behind is cut, and costs no other anything", async () => {
    const [slow, other] = await open([A], [A]);
    if (slow !== undefined) slow.writableLength = 65 * 1024;
    tell([programAt(A)]);
    expect([slow?.destroyed, other?.told.length]).toEqual([true, 1]);
  });
});

describe("as many streams as there may be", () => {
  const openOf = async (deviceId: string) => {
    const response = new FakeResponse();
    const done = hub.open(deviceId, null, response as unknown as ServerResponse);
    const outcome = done.then(
      () => "open",
      (error: unknown) => error,
    );
    await takeTurn();
    return { response, outcome: await outcome };
  };

  it("send others away to come again later, with nothing written to them, until one ends", async () => {
    const [first] = [await openOf("dev_one"), await openOf("dev_two")];
    const away = await openOf("dev_three");
    expect(away.outcome).toMatchObject({ code: "unavailable", retryAfterSeconds: 17.5, isOverload: true });
    expect(away.response.frames).toEqual([]);
    expect(hub.figures()).toMatchObject({ running: 2, runningMax: 2, refusedLately: 1 });
    first.response.destroy();
    expect((await openOf("dev_three")).outcome).toBe("open");
    await pass(61_000);
    expect(hub.figures()).toMatchObject({ running: 2, refusedLately: 0 });
  });

  it("let a device that comes again take its own place", async () => {
    const [first] = [await openOf("dev_one"), await openOf("dev_two")];
    expect((await openOf("dev_one")).outcome).toBe("open");
    expect([first.response.writableEnded, hub.openCount()]).toEqual([true, 2]);
  });

  beforeEach(() => {
    hub.close();
    hub = makeHub(2);
  });
});

describe("telling thousands of streams", () => {
  it("writes to 200 a turn, and to each once", async () => {
    const streams = await openMany(1_000);
    written = 0;
    tell([platformAt(7)]);
    const perTurn = [written];
    while (turns.length > 0) perTurn.push(await takeTurn());
    expect(perTurn).toEqual([200, 200, 200, 200, 200]);
    expect(streams.every(({ told }) => told.length === 1)).toBe(true);
  });

  it.each([
    ["soon", 1_000],
    ["calm", 10_000],
  ] as const)("spreads what is told %s evenly over a window that grows with them", async (pace, windowMs) => {
    const streams = await openMany(1_000);
    tell([platformAt(7)], pace);
    expect(countTold(streams)).toBe(0);
    await pass(windowMs / 2);
    expect(Math.abs(countTold(streams) - 500)).toBeLessThanOrEqual(20);
    await pass(windowMs / 2 + 20);
    expect(streams.every(({ told }) => told.length === 1)).toBe(true);
  });

  it("tells in an order of chance what may wait, so that no device is always the last", async () => {
    const streams = await openMany(100);
    tell([platformAt(7)], "calm");
    await pass(500);
    const first = streams.slice(0, 50);
    expect(countTold(first)).toBeGreaterThan(0);
    expect(countTold(first)).toBeLessThan(50);
  });

  it("tells of what takes away at once, also in the middle of what is spread, which goes on after it", async () => {
    const streams = await openMany(100);
    tell([platformAt(7)], "calm");
    await pass(300);
    tell([programAt(A), platformAt(8)]);
    expect(streams.every(({ told }) => told.some((text) => text.includes('"revision":8')))).toBe(true);
    await pass(1_000);
    expect(streams.every(({ told }) => told.some((text) => text.includes('"revision":7')))).toBe(true);
  });

  it("has a device that is alone wait for nobody", async () => {
    const [one] = await open([A]);
    tell([programAt(A)], "soon");
    await pass(1);
    expect(one?.told).toHaveLength(1);
  });
});
