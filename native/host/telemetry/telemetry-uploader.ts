import { type TelemetryBatch, telemetryAnswerShape } from "../../core/telemetry/batch";
import type { RuntimeIdentity } from "../../core/wire/runtime-identity";
import type { HostLog, HostTimers } from "../ports";
import type { Fetched } from "../sync/policy-client";
import { backoffMs, nextStep } from "../sync/retry-policy";
import type { AppliedDocuments, TelemetryRecorder } from "./telemetry-recorder";

export type TelemetryUploader = {
  start(): void;
  /** A batch now, empty if need be: fetched is not applied, and the platform wants to know what is (spec §7). */
  sendSoon(): void;
  /** By the platform document in force, until an answer says otherwise. */
  setInterval(seconds: number): void;
  /** Sends nothing more; what happens is still recorded. */
  stop(): void;
};

export type UploaderOptions = {
  recorder: TelemetryRecorder;
  sendBatch(batch: TelemetryBatch): Promise<Fetched>;
  runtime: RuntimeIdentity;
  applied(): AppliedDocuments;
  timers: HostTimers;
  random(): number;
  log: HostLog;
  /** The platform revoked this device. */
  onRevoked(): void;
  /** The platform lacks the platform document that this device applied, and wants it back; once an answer (spec 7.9). */
  onPlatformWanted(): void;
};

const FIRST_INTERVAL_SECONDS = 60;

/** Sends one batch at a time, oldest first, and does with each answer what the table of spec §7 says. */
export function createTelemetryUploader(options: UploaderOptions): TelemetryUploader {
  const { recorder, timers, log } = options;
  let intervalSeconds = FIRST_INTERVAL_SECONDS;
  let isStopped = false;
  let isSending = false;
  /** Applied since the batch that is being sent was made: one more must follow at once. */
  let owes = false;
  let attempt = 0;
  let cancelNext: (() => void) | undefined;

  function schedule(afterMs: number): void {
    cancelNext?.();
    cancelNext = undefined;
    if (!isStopped) cancelNext = timers.after(afterMs, run);
  }

  function run(): void {
    cancelNext = undefined;
    if (isStopped || isSending) return;
    isSending = true;
    sendOne()
      .catch((error: unknown) => {
        attempt += 1;
        log("warn", "telemetry_not_sent", { error });
        return Math.max(1000, backoffMs(attempt, options.random()));
      })
      .then((afterMs) => {
        isSending = false;
        schedule(afterMs);
      });
  }

  /** Sends the oldest batch, or a new one; answers after how long to go on. */
  async function sendOne(): Promise<number> {
    // A batch that awaits its answer says what was applied when it was made; only a new one settles what is owed.
    if (!recorder.isAwaitingAnswer) owes = false;
    const batch = await recorder.nextBatch({ runtime: options.runtime, applied: options.applied() });
    const fetched = await options.sendBatch(batch);
    const answer = fetched.kind === "body" ? readAnswer(fetched.bytes) : undefined;
    if (answer) {
      attempt = 0;
      await recorder.answered(batch.batchId, answer.rejected.length);
      recorder.setSampling(answer.sampling);
      intervalSeconds = answer.nextIntervalSeconds;
      if (answer.wanted?.includes("platform")) options.onPlatformWanted();
      if (answer.rejected.length > 0) log("warn", "telemetry_rejected", { count: answer.rejected.length });
      return owes || recorder.hasBacklog ? 0 : intervalSeconds * 1000;
    }
    attempt += 1;
    const next = nextStep(outcomeOf(fetched), attempt, options.random());
    switch (next.step) {
      case "retry":
        return next.afterMs;
      case "stop":
        stop();
        options.onRevoked();
        return 0;
      case "split":
        await recorder.split(batch.batchId);
        return 0;
      case "discard":
        log("warn", "telemetry_discarded", { reason: next.reason });
        await recorder.refused(batch.batchId, next.reason);
        // Whatever the server has against this batch, the next one must not follow it in a storm.
        return backoffMs(attempt, options.random());
    }
  }

  function stop(): void {
    isStopped = true;
    cancelNext?.();
    cancelNext = undefined;
  }

  return {
    start: () => schedule(intervalSeconds * 1000),
    sendSoon() {
      owes = true;
      if (!isSending && attempt === 0) schedule(0);
    },
    setInterval(seconds) {
      const isSooner = seconds < intervalSeconds;
      intervalSeconds = seconds;
      if (isSooner && cancelNext && attempt === 0) schedule(seconds * 1000);
    },
    stop,
  };
}

function readAnswer(bytes: Uint8Array) {
  try {
    return telemetryAnswerShape.safeParse(JSON.parse(Buffer.from(bytes).toString("utf8"))).data;
  } catch {
    return undefined;
  }
}

function outcomeOf(fetched: Fetched) {
  if (fetched.kind === "failed") return fetched.outcome;
  // 404 and 410 are a server that has no such door; 2xx without an answer is one that isn't ours, like a captive portal.
  const status = fetched.kind === "missing" ? 404 : 502;
  return { kind: "status" as const, status, retryAfterSeconds: undefined };
}
