import { describe, expect, it, vi } from "vitest";
import type { TelemetryBatch } from "../../core/telemetry/batch";
import { createMemoryFiles } from "../state/testing/memory-files";
import type { Fetched } from "../sync/policy-client";
import { createManualTime } from "../sync/testing/manual-time";
import { openQueueLog } from "./queue-log";
import { createTelemetryRecorder } from "./telemetry-recorder";
import { createTelemetryUploader } from "./telemetry-uploader";

const APP = { appId: "com.example.app", versionCode: 1 };

const answer = (more: object = {}): Fetched => ({
  kind: "body",
  bytes: Buffer.from(JSON.stringify({ accepted: 0, rejected: [], nextIntervalSeconds: 30, sampling: 100, ...more })),
  etag: undefined,
  headers: {},
});
const status = (code: number, retryAfterSeconds?: number): Fetched => ({
  kind: "failed",
  outcome: { kind: "status", status: code, retryAfterSeconds },
  code: undefined,
});

/** An uploader whose server answers what stands in `answers`, then `answer()`. */
async function startUploader() {
  const time = createManualTime(600_000_000);
  const queue = await openQueueLog({ files: createMemoryFiles(), directory: "/t", log: () => undefined });
  let ids = 0;
  const recorder = createTelemetryRecorder({
    queue,
    clock: time.clock,
    randomId: () => `identifier-of-16-${ids++}`,
    log: () => undefined,
  });
  const sent: { batch: TelemetryBatch; atSeconds: number }[] = [];
  const answers: (Fetched | Promise<Fetched>)[] = [];
  let platformRevision = 1;
  const onRevoked = vi.fn();
  const onPlatformWanted = vi.fn();
  const uploader = createTelemetryUploader({
    recorder,
    async sendBatch(batch) {
      sent.push({ batch, atSeconds: time.clock.monotonicMs() / 1000 });
      return (await answers.shift()) ?? answer();
    },
    runtime: { kind: "linux", version: "0.1.0", layers: [] },
    applied: () => ({ epoch: 1, keyset: 1, platform: platformRevision, programs: {} }),
    timers: time.timers,
    random: () => 1,
    log: () => undefined,
    onRevoked,
    onPlatformWanted,
  });
  const apply = (revision: number) => {
    platformRevision = revision;
    uploader.sendSoon();
  };
  return { time, queue, recorder, uploader, sent, answers, onRevoked, onPlatformWanted, apply };
}

describe("batches", () => {
  it("are sent at once after documents were applied, empty if need be, and then at the told interval", async () => {
    const { time, uploader, sent, apply } = await startUploader();
    uploader.start();
    apply(2);
    await time.pass(1);
    expect(sent).toHaveLength(1);
    expect(sent[0]?.batch).toMatchObject({ applied: { platform: 2 }, programs: [], events: [] });
    await time.pass(29_000);
    expect(sent).toHaveLength(1);
    await time.pass(1000);
    expect(sent).toHaveLength(2);
  });

  it("that are under way while more is applied are followed by one that says so", async () => {
    const { time, uploader, sent, answers, apply } = await startUploader();
    let release: (value: Fetched) => void = () => undefined;
    answers.push(
      new Promise((resolve) => {
        release = resolve;
      }),
    );
    uploader.start();
    apply(2);
    await time.pass(1);
    apply(3);
    apply(4);
    await time.pass(10);
    expect(sent).toHaveLength(1);
    release(answer());
    await time.pass(10);
    expect(sent.map(({ batch }) => batch.applied.platform)).toEqual([2, 4]);
  });

  it.each([
    ["a busy server", status(503), 1],
    ["a server that names a time", status(429, 7), 8],
    ["a time-out", { kind: "failed", outcome: { kind: "network", reason: "timeout" }, code: undefined } as const, 1],
    ["a captive portal", { kind: "body", bytes: Buffer.from("<html>"), etag: undefined, headers: {} } as const, 1],
  ])("after %s are the same batch again", async (_title, outcome, seconds) => {
    const { time, recorder, uploader, sent, answers, apply } = await startUploader();
    recorder.recordEvent({ type: "crashed", ...APP });
    answers.push(outcome);
    apply(1);
    await time.pass(seconds * 1000);
    expect(sent).toHaveLength(2);
    expect(sent[1]?.batch).toEqual(sent[0]?.batch);
    expect(sent[1]?.atSeconds).toBeCloseTo(seconds, 1);
    uploader.stop();
  });

  it.each([400, 415, 422])("refused with %i are never sent again, and the loss is told", async (code) => {
    const { time, recorder, sent, answers, apply } = await startUploader();
    recorder.recordEvent({ type: "crashed", ...APP });
    answers.push(status(code));
    apply(1);
    await time.pass(60_000);
    expect(sent.length).toBeGreaterThan(1);
    expect(sent[1]?.batch.batchId).not.toBe(sent[0]?.batch.batchId);
    expect(sent[1]?.batch).toMatchObject({ events: [], discarded: [{ reason: "send_error", count: 1 }] });
  });

  it("too large for the server are split once, and what can't be split is given up", async () => {
    const { time, queue, recorder, sent, answers, apply } = await startUploader();
    const [a, b] = ["UNKNOWN_API", "PERMISSION_DENIED"] as const;
    for (const code of [a, b]) recorder.recordEvent({ type: "crashed", ...APP, code });
    answers.push(status(413), status(413));
    apply(1);
    await time.pass(100);
    expect(sent.map(({ batch }) => batch.events.map((event) => event.code))).toEqual([[a, b], [a], [b]]);
    expect(queue.state.totals).toMatchObject({ produced: 2, acknowledged: 1, discarded: 1 });
  });

  it("stop for good when the device is revoked", async () => {
    const { time, recorder, sent, answers, apply, onRevoked } = await startUploader();
    answers.push({ kind: "failed", outcome: { kind: "revoked" }, code: "device_revoked" });
    apply(1);
    await time.pass(10);
    recorder.recordEvent({ type: "crashed", ...APP });
    apply(2);
    await time.pass(3_600_000);
    expect(sent).toHaveLength(1);
    expect(onRevoked).toHaveBeenCalledTimes(1);
  });

  it("whose answer wants the platform document have it asked for once an answer, and what else is wanted is ignored", async () => {
    const { time, answers, apply, onPlatformWanted } = await startUploader();
    answers.push(
      answer({ wanted: ["platform"] }),
      answer({ wanted: ["something-new"] }),
      answer({ wanted: ["platform"] }),
    );
    apply(1);
    await time.pass(10);
    expect(onPlatformWanted).toHaveBeenCalledTimes(1);
    await time.pass(30_000);
    expect(onPlatformWanted).toHaveBeenCalledTimes(1);
    await time.pass(30_000);
    expect(onPlatformWanted).toHaveBeenCalledTimes(2);
  });

  it("whose entries were partly rejected are settled, the rejected ones counted", async () => {
    const { time, queue, recorder, answers, apply } = await startUploader();
    recorder.recordEvent({ type: "crashed", ...APP });
    recorder.addToMinute(APP, { cpuMs: 1 });
    answers.push(answer({ accepted: 1, rejected: [{ id: "x", code: "UNKNOWN_PROGRAM" }] }));
    apply(1);
    await time.pass(10);
    expect(queue.state.totals).toEqual({ produced: 2, acknowledged: 1, rejected: 1, discarded: 0 });
  });
});
