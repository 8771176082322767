import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BATCH_BOUNDS, type TelemetryBatch, telemetryBatchShape } from "../../core/telemetry/batch";
import { QUEUE_BOUNDS, type QueueBounds } from "../../core/telemetry/queue-bounds";
import { itemsOf, queuedItems } from "../../core/telemetry/queue-state";
import { createMemoryFiles, type MemoryFiles } from "../state/testing/memory-files";
import { openQueueLog } from "./queue-log";
import { createTelemetryRecorder } from "./telemetry-recorder";

const log = () => undefined;
const describeDevice = {
  runtime: { kind: "linux" as const, version: "0.1.0", layers: [] },
  applied: { epoch: 1, keyset: 1, platform: 1, programs: {} },
};
const APP = { appId: "com.example.app", versionCode: 1 };

async function openRecorder(files: MemoryFiles, options: { bounds?: QueueBounds; nowMs?: () => number } = {}) {
  let ids = 0;
  const run = Math.random().toString(36).slice(2);
  const queue = await openQueueLog({ files, directory: "/t", log });
  const recorder = createTelemetryRecorder({
    queue,
    clock: { nowMs: options.nowMs ?? (() => 600_000), monotonicMs: () => 0 },
    randomId: () => `${run}-identifier-${ids++}`,
    log,
    ...(options.bounds ? { bounds: options.bounds } : {}),
  });
  return { queue, recorder };
}

function holdsInvariant({ state }: Awaited<ReturnType<typeof openQueueLog>>): boolean {
  const { produced, acknowledged, rejected, discarded } = state.totals;
  return produced === acknowledged + rejected + discarded + queuedItems(state);
}

describe("one minute entry", () => {
  it("adds counters, keeps the greater of maxima and stays within its bounds, the rest under ~other", async () => {
    const { recorder } = await openRecorder(createMemoryFiles());
    for (let index = 0; index < 200; index++) {
      recorder.addToMinute(APP, {
        requests: 1,
        memoryBytesMax: index,
        inFlightMax: 200 - index,
        apis: { [`api.${index}`]: { allowed: 1 } },
        hosts: [{ host: `h${index}.test`, port: 443, purpose: "request", blocked: 1 }],
        denials: [{ cause: index.toString(16).padStart(16, "0"), code: "HOST_NOT_ALLOWED", layer: "host", rule: null }],
      });
      // Merged over several flushes as much as within one.
      if (index % 30 === 0) await recorder.flush();
    }
    const batch = await recorder.nextBatch(describeDevice);
    expect(telemetryBatchShape.parse(batch)).toEqual(batch);
    const [minute] = batch.programs[0]?.minutes ?? [];
    expect(minute).toMatchObject({ at: 600, requests: 200, memoryBytesMax: 199, inFlightMax: 200 });
    expect(Object.keys(minute?.apis ?? {})).toHaveLength(BATCH_BOUNDS.apis);
    expect(minute?.apis["~other"]?.allowed).toBe(101);
    expect(minute?.hosts).toHaveLength(BATCH_BOUNDS.hosts);
    expect(minute?.hosts.reduce((sum, host) => sum + host.blocked, 0)).toBe(200);
    expect(minute?.denials).toHaveLength(BATCH_BOUNDS.denials);
    expect(minute?.denials.reduce((sum, denial) => sum + denial.count, 0)).toBe(200);
    expect(minute?.denials.at(-1)).toEqual({ cause: "~other", count: 151 });
  });

  it("leaves out what was never measured, and adds up, takes the greatest or the latest of what was", async () => {
    const files = createMemoryFiles();
    const { recorder } = await openRecorder(files);
    recorder.addToMinute(APP, { requests: 1, applied: { epoch: 1, platform: 9, program: 2 } });
    recorder.addToMinute(APP, { bridgeCalls: 2, storageBytesMax: 0, limits: { requestsPerSecond: { refused: 3 } } });
    await recorder.flush();
    // The rest of the minute is counted by the next start.
    const { recorder: next } = await openRecorder(files);
    next.addToMinute(APP, { bridgeCalls: 3, storageBytesMax: 7, applied: { epoch: 2, platform: 1, program: 1 } });
    next.addToMinute(APP, {
      limits: { requestsPerSecond: { refused: 1, throttledMs: 5 }, storageBytes: { refused: 1 } },
    });
    next.addToMinute(APP, { storageBytesMax: 4, applied: { epoch: 1, platform: 10, program: 9 } });
    const batch = await next.nextBatch(describeDevice);
    expect(telemetryBatchShape.parse(batch)).toEqual(batch);
    const [minute] = batch.programs[0]?.minutes ?? [];
    expect(minute).toMatchObject({
      ...{ requests: 1, bridgeCalls: 5, storageBytesMax: 7, applied: { epoch: 2, platform: 1, program: 1 } },
      limits: { requestsPerSecond: { refused: 4, throttledMs: 5 }, storageBytes: { refused: 1 } },
    });
    for (const absent of ["requestsPerSecondMax", "bridgeCallsPerSecondMax", "cacheBytesMax"]) {
      expect(minute).not.toHaveProperty(absent);
    }
  });

  it("cannot be made to say something else by an API that is named like a member of objects", async () => {
    const { recorder } = await openRecorder(createMemoryFiles());
    const apis = JSON.parse('{"__proto__":{"denied":2},"constructor":{"denied":1}}');
    recorder.addToMinute(APP, { apis });
    recorder.addToMinute(APP, { apis });
    const batch = await recorder.nextBatch(describeDevice);
    expect(JSON.stringify(batch.programs[0]?.minutes[0]?.apis)).toBe(
      '{"__proto__":{"allowed":0,"denied":4},"constructor":{"allowed":0,"denied":2}}',
    );
  });

  it("that goes on after a batch took it begins anew: increments add up, nothing is told twice", async () => {
    const { recorder } = await openRecorder(createMemoryFiles());
    recorder.addToMinute(APP, { requests: 3 });
    const first = await recorder.nextBatch(describeDevice);
    recorder.addToMinute(APP, { requests: 4 });
    await recorder.answered(first.batchId, 0);
    const second = await recorder.nextBatch(describeDevice);
    expect(first.programs[0]?.minutes[0]?.requests).toBe(3);
    expect(second.programs[0]?.minutes[0]?.requests).toBe(4);
    expect(second.sequence).toBe(first.sequence + 1);
  });
});

describe("a batch", () => {
  it("is on the disk with its id before it is sent, and is the same batch after a kill", async () => {
    for (const how of ["keep", "lose"] as const) {
      const files = createMemoryFiles();
      const { recorder } = await openRecorder(files);
      recorder.recordEvent({ type: "crashed", ...APP });
      recorder.addToMinute(APP, { cpuMs: 5 });
      const sent = await recorder.nextBatch(describeDevice);
      files.crash(how);
      const restarted = await openRecorder(files);
      expect(await restarted.recorder.nextBatch(describeDevice)).toEqual(sent);
      expect(holdsInvariant(restarted.queue)).toBe(true);
    }
  });

  it("tells what was discarded and why, once, and again if it was not heard", async () => {
    const { recorder, queue } = await openRecorder(createMemoryFiles());
    recorder.setSampling(0);
    for (let index = 0; index < 5; index++) recorder.recordEvent({ type: "denied_api", ...APP, code: "UNKNOWN_API" });
    const first = await recorder.nextBatch(describeDevice);
    expect(first.events).toHaveLength(1);
    expect(first.discarded).toEqual([{ reason: "sampled", count: 4 }]);
    await recorder.refused(first.batchId, "send_error");
    const second = await recorder.nextBatch(describeDevice);
    expect(second.discarded).toEqual([
      { reason: "send_error", count: 1 },
      { reason: "sampled", count: 4 },
    ]);
    await recorder.answered(second.batchId, 0);
    expect((await recorder.nextBatch(describeDevice)).discarded).toEqual([]);
    expect(queue.state.totals).toMatchObject({ produced: 5, discarded: 5 });
  });

  it("that was too large is split into two that hold the same, and one item alone is given up", async () => {
    const { recorder, queue } = await openRecorder(createMemoryFiles());
    recorder.addToMinute(APP, { cpuMs: 1 });
    for (const code of ["UNKNOWN_API", "PERMISSION_DENIED", "RATE_LIMITED"] as const)
      recorder.recordEvent({ type: "denied_api", code });
    const whole = await recorder.nextBatch(describeDevice);
    await recorder.split(whole.batchId);
    const first = await recorder.nextBatch(describeDevice);
    await recorder.answered(first.batchId, 0);
    const second = await recorder.nextBatch(describeDevice);
    expect(first.batchId).not.toBe(second.batchId);
    expect(itemsOf(first) + itemsOf(second)).toBe(4);
    await recorder.split(second.batchId);
    for (let index = 0; index < 4; index++) await recorder.split((await recorder.nextBatch(describeDevice)).batchId);
    expect(holdsInvariant(queue)).toBe(true);
    expect(queue.state.totals.discarded + queue.state.totals.acknowledged).toBe(4);
  });
});

describe("a queue that is full", () => {
  it("drops the oldest minutes first and no event while there are minutes", async () => {
    const bounds = { ...QUEUE_BOUNDS, minutes: 10, events: 10, eventsPerCauseAndMinute: 1000 };
    let nowMs = 600_000;
    const { recorder, queue } = await openRecorder(createMemoryFiles(), { bounds, nowMs: () => nowMs });
    for (let index = 0; index < 15; index++) {
      nowMs += 60_000;
      recorder.addToMinute(APP, { cpuMs: 1 });
      recorder.recordEvent({ type: "blocked_request", host: `h${index}.test` });
      await recorder.flush();
    }
    expect(queue.state.events.size).toBe(15);
    expect(queue.state.minutes.size).toBe(5);
    expect([...queue.state.minutes.values()].at(-1)?.entry.at).toBe(nowMs / 1000);
    for (let index = 0; index < 15; index++) recorder.recordEvent({ type: "blocked_request", host: `i${index}.test` });
    await recorder.flush();
    expect(queue.state.minutes.size).toBe(0);
    expect(queue.state.events.size).toBe(20);
    expect(holdsInvariant(queue)).toBe(true);
    expect(queue.state.discarded.get("queue_overflow")).toBe(25);
  });

  it("keeps counting in memory while the disk is full, and has it all when there is room", async () => {
    const files = createMemoryFiles();
    const { recorder } = await openRecorder(files);
    recorder.recordEvent({ type: "crashed", ...APP });
    await recorder.flush();
    files.failAt(files.operations, "forever");
    recorder.recordEvent({ type: "killed", ...APP });
    await expect(recorder.flush()).rejects.toThrow("no space");
    await expect(recorder.nextBatch(describeDevice)).rejects.toThrow("no space");
    await expect(recorder.nextBatch(describeDevice)).rejects.toThrow("no space");
    files.heal();
    recorder.recordEvent({ type: "limit_crossed", ...APP });
    await recorder.flush();
    files.crash("lose");
    const restarted = await openRecorder(files);
    const batch = await restarted.recorder.nextBatch(describeDevice);
    expect(batch.events.map((event) => event.type)).toEqual(["crashed", "killed"]);
    await restarted.recorder.answered(batch.batchId, 0);
    const next = await restarted.recorder.nextBatch(describeDevice);
    expect(next.events.map((event) => event.type)).toEqual(["limit_crossed"]);
  });
});

/** What a policy service keeps: each batch once, whatever is repeated (spec §7). */
function createReceiver() {
  const answers = new Map<string, { rejected: number }>();
  const events = new Map<string, number>();
  let requests = 0;
  return {
    events,
    knows: (batchId: string) => answers.has(batchId),
    get requests() {
      return requests;
    },
    receive(batch: TelemetryBatch, rejectsEvents: boolean) {
      const known = answers.get(batch.batchId);
      if (known) return known;
      const answer = { rejected: rejectsEvents ? batch.events.length : 0 };
      answers.set(batch.batchId, answer);
      for (const program of batch.programs) for (const minute of program.minutes) requests += minute.requests;
      if (!rejectsEvents) for (const { eventId } of batch.events) events.set(eventId, (events.get(eventId) ?? 0) + 1);
      return answer;
    },
  };
}

describe("produced = acknowledged + rejected + discarded + queued", () => {
  const step = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ do: fc.constant("count" as const), requests: fc.integer({ min: 1, max: 9 }) }),
    },
    { weight: 4, arbitrary: fc.record({ do: fc.constant("event" as const), host: fc.integer({ min: 0, max: 3 }) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("minute" as const) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("flush" as const) }) },
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant("send" as const),
        outcome: fc.constantFrom("answered", "lost", "unheard", "rejected", "refused", "split"),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("fail" as const), after: fc.integer({ min: 0, max: 4 }) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("kill" as const), how: fc.constantFrom("keep", "lose") }) },
  );

  it("holds at every moment of every interleaving, and the service counts nothing twice", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 100 }), async (steps) => {
        const files = createMemoryFiles();
        const receiver = createReceiver();
        const bounds = { minutes: 6, events: 8, eventsPerCauseAndMinute: 5, backlog: 100 };
        let nowMs = 600_000;
        let opened = await openRecorder(files, { bounds, nowMs: () => nowMs });
        let counted = 0;
        const attempt = async (work: () => Promise<unknown>) => {
          try {
            await work();
          } catch {
            // The disk is full: whatever that means for the caller, the books must still balance.
          }
        };
        for (const current of steps) {
          const { recorder } = opened;
          if (current.do === "count") {
            counted += current.requests;
            recorder.addToMinute(APP, { requests: current.requests });
          }
          if (current.do === "event") recorder.recordEvent({ type: "blocked_request", host: `${current.host}.test` });
          if (current.do === "minute") nowMs += 60_000;
          if (current.do === "flush") await attempt(() => recorder.flush());
          if (current.do === "fail") files.failAt(files.operations + current.after, "once");
          if (current.do === "kill") {
            files.crash(current.how as "keep" | "lose");
            opened = await openRecorder(files, { bounds, nowMs: () => nowMs });
          }
          if (current.do === "send") {
            await attempt(async () => {
              const batch = await recorder.nextBatch(describeDevice);
              if (current.outcome === "lost") return;
              if (current.outcome === "refused") return recorder.refused(batch.batchId, "send_error");
              // A service that took a batch gives the same answer for it ever after, and so never 413.
              if (current.outcome === "split" && !receiver.knows(batch.batchId)) return recorder.split(batch.batchId);
              const { rejected } = receiver.receive(batch, current.outcome === "rejected");
              if (current.outcome !== "unheard") await recorder.answered(batch.batchId, rejected);
            });
          }
          expect(holdsInvariant(opened.queue)).toBe(true);
        }
        expect(receiver.requests).toBeLessThanOrEqual(counted);
        for (const times of receiver.events.values()) expect(times).toBe(1);
      }),
      { numRuns: 600 },
    );
  });
});
