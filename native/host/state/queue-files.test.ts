import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  applyRecord,
  emptyQueue,
  type QueueRecord,
  type QueueSnapshot,
  queuedItems,
  snapshotOf,
} from "../../core/telemetry/queue-state";
import { openDeviceDisk } from "./device-disk";
import { createMemoryFiles, type MemoryFiles } from "./testing/memory-files";

const event = (number: number, note = ""): QueueRecord => ({
  kind: "event",
  event: { eventId: `event-${String(number).padStart(4, "0")}`, at: 60, type: "crashed", detail: { note } },
});
const events = (from: number, count: number) => Array.from({ length: count }, (_, index) => event(from + index));

/** A device's queue and its disk, driven as a host does it. */
async function open(files: MemoryFiles) {
  const logged: [string, Record<string, unknown> | undefined][] = [];
  const disk = await openDeviceDisk({
    files,
    directory: "/d/state",
    telemetry: "/d/telemetry",
    log: (_, name, fields) => logged.push([name, fields]),
    reserveBytes: 1,
  });
  const state = emptyQueue();
  if (disk.durable.queue) applyRecord(state, { kind: "snapshot", state: structuredClone(disk.durable.queue) });
  let asked = 0;
  return {
    disk,
    state,
    logged,
    names: logged.map(([name]) => name),
    get asked() {
      return asked;
    },
    async store(records: readonly QueueRecord[]) {
      for (const record of records) applyRecord(state, record);
      await disk.appendQueue(records, () => {
        asked += 1;
        return snapshotOf(state);
      });
    },
  };
}

const queuePaths = (files: MemoryFiles) => files.names().filter((path) => path.startsWith("/d/telemetry/queue-"));
const copyOf = (files: MemoryFiles, copy: "a" | "b") =>
  queuePaths(files).find((path) => path.endsWith(`.${copy}`)) ?? `no copy ${copy}`;
const eventIds = (queue: QueueSnapshot | undefined) => (queue?.events ?? []).map(({ eventId }) => eventId);
const flipAt =
  (at: number, bit = 1) =>
  (bytes: Uint8Array) =>
    bytes.map((byte, index) => (index === at ? byte ^ bit : byte));

function isBalanced(queue: QueueSnapshot): boolean {
  const state = emptyQueue();
  applyRecord(state, { kind: "snapshot", state: structuredClone(queue) });
  const { produced, acknowledged, rejected, discarded } = state.totals;
  return produced === acknowledged + rejected + discarded + queuedItems(state);
}

/** A snapshot of two events, then writes of one and of three. */
async function makeQueue(): Promise<MemoryFiles> {
  const files = createMemoryFiles();
  const { disk, store } = await open(files);
  for (const [from, count] of [
    [0, 2],
    [2, 1],
    [3, 3],
  ] as const) {
    await store(events(from, count));
  }
  await disk.settle();
  return files;
}

describe("the queue on the disk", () => {
  it("loses nothing to one flipped byte of either copy, wherever that lies, and the damage is told", async () => {
    const files = await makeQueue();
    for (const copy of ["a", "b"] as const) {
      const path = copyOf(files, copy);
      const length = (await files.size(path)) ?? 0;
      for (let at = 0; at < length; at++) {
        files.damage(path, flipAt(at));
        const { disk, names } = await open(files);
        expect(eventIds(disk.durable.queue), `${copy}, byte ${at}`).toHaveLength(6);
        expect(disk.durable.queue?.discarded, `${copy}, byte ${at}`).toEqual({});
        expect(names.includes("state_copy_damaged") || names.includes("telemetry_log_cut"), `byte ${at}`).toBe(true);
        files.damage(path, flipAt(at));
      }
    }
  });

  it("loses nothing unsaid to 300 flipped bytes of both copies, and its books balance", async () => {
    const bytes = await (async () => {
      const files = await makeQueue();
      return [
        (await files.read(copyOf(files, "a"))) as Uint8Array,
        (await files.read(copyOf(files, "b"))) as Uint8Array,
      ];
    })();
    const length = bytes[0]?.byteLength ?? 0;
    expect(bytes[1]?.byteLength).toBe(length);
    const flip = fc.record({
      copy: fc.integer({ min: 0, max: 1 }),
      at: fc.integer({ min: 0, max: length - 1 }),
      bit: fc.constantFrom(0x01, 0x08, 0x20, 0x80),
    });
    const flips = fc.oneof(
      fc.array(flip, { maxLength: 12 }),
      fc.array(flip, { minLength: 300, maxLength: 300, size: "max" }),
    );
    await fc.assert(
      fc.asyncProperty(flips, async (changes) => {
        const files = createMemoryFiles();
        for (const [index, copy] of bytes.entries()) {
          const changed = Uint8Array.from(copy);
          for (const { copy: to, at, bit } of changes) if (to === index) changed[at] = (changed[at] ?? 0) ^ bit;
          await files.write(`/d/telemetry/queue-1.${index === 0 ? "a" : "b"}`, changed);
        }
        const { disk, names } = await open(files);
        const queue = disk.durable.queue;
        if (!queue) throw new Error("no queue");
        const hasSnapshot = queue.events.some(({ eventId }) => eventId === "event-0000");
        // Of a snapshot nobody knows how much it held: it counts as one.
        const missing = 4 - queue.events.filter(({ eventId }) => eventId > "event-0001").length + (hasSnapshot ? 0 : 1);
        const damaged = queue.discarded.damaged ?? 0;
        expect(damaged > 0).toBe(missing > 0);
        // What lies behind the last whole record has no number that could be believed.
        if (queue.events.at(-1)?.eventId === "event-0005") expect(damaged).toBe(missing);
        expect(names.includes("telemetry_records_lost")).toBe(queue.discarded.damaged !== undefined);
        expect(isBalanced(queue)).toBe(true);
      }),
      { numRuns: 400 },
    );
  });

  it("counts each record that both copies have lost, once, and folds what follows", async () => {
    const files = await makeQueue();
    for (const copy of ["a", "b"] as const) {
      const path = copyOf(files, copy);
      const lines = Buffer.from((await files.read(path)) ?? [])
        .toString()
        .split("\n");
      const starts = lines.map((_, index) => lines.slice(0, index).join("\n").length + 1);
      for (const index of [1, 3]) files.damage(path, flipAt((starts[index] ?? 0) + 90));
    }
    const { disk, logged, store } = await open(files);
    expect(eventIds(disk.durable.queue)).toEqual(["event-0000", "event-0001", "event-0003", "event-0005"]);
    expect(disk.durable.queue).toMatchObject({ discarded: { damaged: 2 }, totals: { produced: 6, discarded: 2 } });
    expect(logged).toContainEqual(["telemetry_records_lost", { records: 2 }]);
    await store([]);
    await disk.settle();
    const again = await open(files);
    expect(again.disk.durable.queue).toEqual(disk.durable.queue);
    expect(again.names).not.toContain("telemetry_records_lost");
  });

  it("keeps what follows a snapshot that both copies have lost, and a batch whose items went with it", async () => {
    const files = createMemoryFiles();
    const { disk, store } = await open(files);
    await store(events(0, 2));
    const held = events(0, 2).flatMap((record) => (record.kind === "event" ? [record.event] : []));
    const batch = { batchId: "b".repeat(32), sequence: 7, sentAt: 60, programs: [], events: held, discarded: [] };
    const runtime = { kind: "linux" as const, version: "0.1.0", layers: [] };
    const applied = { epoch: 0, keyset: 0, platform: 0, programs: {} };
    await store([{ kind: "seal", batch: { ...batch, runtime, applied } }, event(2)]);
    await disk.settle();
    for (const copy of ["a", "b"] as const) files.damage(copyOf(files, copy), flipAt(100));
    const { queue } = (await open(files)).disk.durable;
    expect(queue).toMatchObject({ sequence: 7, discarded: { damaged: 1 }, totals: { produced: 4, discarded: 1 } });
    expect(queue?.sealed).toHaveLength(1);
    expect(eventIds(queue)).toEqual(["event-0002"]);
  });

  it("is as before a write or as after it, wherever that write or the snapshot after it is cut off", async () => {
    const rehearse = async (files: MemoryFiles, isCut: (operation: number) => void) => {
      const { disk, store, state } = await open(files);
      await store(events(0, 1));
      await store(events(1, 1));
      await disk.settle();
      const before = files.operations;
      isCut(before);
      const isStored: boolean[] = [];
      for (const from of [2, 5, 8]) {
        await store(events(from, 3)).then(
          () => isStored.push(true),
          () => isStored.push(false),
        );
        await disk.settle();
      }
      return { steps: files.operations - before, isStored, state };
    };
    const steps = (await rehearse(createMemoryFiles(), () => undefined)).steps + 12;
    for (let step = 0; step < steps; step++) {
      for (const how of ["once", "forever"] as const) {
        for (const code of ["EIO", "ENOSPC"] as const) {
          for (const crash of ["keep", "lose"] as const) {
            const files = createMemoryFiles();
            const { isStored } = await rehearse(files, (from) => files.failAt(from + step, how, code));
            files.crash(crash);
            const { disk, names } = await open(files);
            const found = eventIds(disk.durable.queue).length;
            const label = `operation ${step}, ${how}, ${code}, ${crash}: ${isStored}`;
            // Writes of three at a time, of which a later one that was stored has the ones before it.
            expect([2, 5, 8, 11], label).toContain(found);
            expect(found, label).toBeGreaterThanOrEqual(2 + 3 * (isStored.lastIndexOf(true) + 1));
            expect(disk.durable.queue?.discarded, label).toEqual({});
            expect(names, label).not.toContain("telemetry_records_lost");
          }
        }
      }
    }
  });

  it("is in two copies at every moment in which nothing is written", async () => {
    const files = await makeQueue();
    for (const copy of ["a", "b"] as const) {
      const other = createMemoryFiles();
      await other.write(copyOf(files, copy), (await files.read(copyOf(files, copy))) as Uint8Array);
      expect(eventIds((await open(other)).disk.durable.queue)).toHaveLength(6);
    }
    // And while a new log is begun, the one before stays until the new one is in both.
    const { disk, store } = await open(files);
    files.failAt(files.operations + 3, "once", "EIO");
    await store(events(6, 1));
    await disk.settle();
    expect(queuePaths(files)).toEqual(["/d/telemetry/queue-1.a", "/d/telemetry/queue-1.b", "/d/telemetry/queue-2.a"]);
    await store(events(7, 1));
    await disk.settle();
    expect(queuePaths(files)).toEqual(["/d/telemetry/queue-3.a", "/d/telemetry/queue-3.b"]);
    expect(eventIds((await open(files)).disk.durable.queue)).toHaveLength(8);
  });

  it("is what the log before had, and what follows, where a new log's snapshot is lost before its second copy is made", async () => {
    const files = await makeQueue();
    const { disk, store } = await open(files);
    files.failAt(files.operations + 3, "forever", "EIO");
    await store(events(6, 1));
    await disk.settle();
    files.heal();
    files.damage("/d/telemetry/queue-2.a", flipAt(100));
    const { queue } = (await open(files)).disk.durable;
    expect(eventIds(queue)).toHaveLength(6);
    expect(queue?.discarded).toEqual({ damaged: 1 });
  });

  it("is begun anew when it has grown by 2 MiB, or by as much as its snapshot has, and not at each write", async () => {
    const note = "n".repeat(500);
    const many = (from: number, count: number) =>
      Array.from({ length: count }, (_, index) => event(from + index, note));
    for (const [held, each, writes, asked] of [
      // 3 MiB are held: it takes as much again.
      [5_000, 1_000, 5, 1],
      [5_000, 1_000, 7, 2],
      // Little is held: it takes 2 MiB.
      [1, 1_000, 3, 1],
      [1, 1_000, 5, 2],
    ] as const) {
      const queue = await open(createMemoryFiles());
      await queue.store(many(0, held));
      for (let write = 0; write < writes; write++) await queue.store(many(held + write * each, each));
      expect(queue.asked, `${held} held, ${writes} writes`).toBe(asked);
    }
  });

  it("refuses what was handed in behind a write that failed, and the next write has it all", async () => {
    const files = createMemoryFiles();
    const { disk, store } = await open(files);
    await store(events(0, 1));
    await disk.settle();
    files.failAt(files.operations, "once", "EIO");
    const [first, second] = await Promise.allSettled([store(events(1, 1)), store(events(2, 1))]);
    expect([first?.status, second?.status]).toEqual(["rejected", "rejected"]);
    await store(events(3, 1));
    files.crash("lose");
    expect(eventIds((await open(files)).disk.durable.queue)).toHaveLength(4);
  });

  it("is taken over from the release before, also where that has a damaged line, and replaced at the first write", async () => {
    const line = (record: QueueRecord) => {
      const text = JSON.stringify(record);
      return `${createHash("sha256").update(text).digest("hex").slice(0, 16)} ${text}\n`;
    };
    const before = emptyQueue();
    applyRecord(before, event(0));
    const whole = [line({ kind: "snapshot", state: snapshotOf(before) }), line(event(1)), line(event(2))];
    for (const [lines, found, lost] of [
      [whole, ["event-0000", "event-0001", "event-0002"], 0],
      [[...whole, line(event(3)).slice(0, -9)], ["event-0000", "event-0001", "event-0002"], 0],
      [[whole[0], `0${whole[1]}`, whole[2]], ["event-0000", "event-0002"], 1],
    ] as const) {
      const files = createMemoryFiles();
      await files.write("/d/telemetry/queue-7", Buffer.from(lines.join("")));
      await files.write("/d/telemetry/queue-8.new", Buffer.from("cut off"));
      const { disk, store } = await open(files);
      expect(eventIds(disk.durable.queue)).toEqual(found);
      expect(disk.durable.queue?.discarded.damaged ?? 0).toBe(lost);
      await store([]);
      expect(files.names()).toContain("/d/telemetry/queue-7");
      await disk.settle();
      expect(queuePaths(files)).toEqual(["/d/telemetry/queue-8.a", "/d/telemetry/queue-8.b"]);
      expect((await open(files)).disk.durable.queue).toEqual(disk.durable.queue);
    }
  });
});
