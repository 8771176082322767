import { z } from "zod";
import { backoffMs, nextStep } from "../../core/device/retry";
import { type RevisionEvent, revisionEventShape, STREAM_HEARTBEAT_SECONDS } from "../../core/wire/stream-event";
import { namedPrograms } from "../../core/wire/stream-programs";
import type { HostLog, HostTimers } from "../ports";
import { drawMs } from "./draw-wait";
import { createEventStreamReader, type StreamMessage } from "./event-stream";
import type { Fetched, PolicyClient } from "./policy-client";
import { requestEnd } from "./request-end";

export type StreamListener = {
  onHello(): void;
  onRevision(event: RevisionEvent): void;
  /** Somebody is looking. */
  onReportNow(): void;
  /** The stream that had said hello is gone; it will be opened again. */
  onClosed(): void;
  /** The platform has revoked this device; the stream is not opened again. */
  onRevoked(): void;
};

export type StreamClient = {
  /** Holds the stream open for these programs; one that tells of more is good enough, and is kept. */
  listen(programs: readonly string[]): void;
  stop(): void;
};

const QUIET_MS = 3 * STREAM_HEARTBEAT_SECONDS * 1000;
const RECONNECT_CAP_MS = 60_000;
/** Programs that come to be wanted within this time share one renewal of the stream. */
const RENEW_AFTER_MS = 250;
const json = z.string().transform((text, context) => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    context.addIssue("not JSON");
    return z.NEVER;
  }
});

/**
 * Listens for new revisions and reconnects with full jitter. What it hears is a pointer and no more: a forged event can
 * make the device ask, never make it believe.
 */
export function createStreamClient(options: {
  client: PolicyClient;
  listener: StreamListener;
  timers: HostTimers;
  random(): number;
  log: HostLog;
}): StreamClient {
  const { client, listener, timers, log } = options;
  const controller = new AbortController();
  let attempt = 0;
  let isConnected = false;
  let isOver = false;
  let wanted: readonly string[] | undefined;
  /** What the stream that is open, or was opened last, tells of; null is every program. */
  let named: ReadonlySet<string> | null = null;
  let close: (() => void) | undefined;
  let isRenewing = false;
  let cancelWait: (() => void) | undefined;
  let cancelRenewal: (() => void) | undefined;

  function hear(message: StreamMessage): void {
    if (message.event === "revoked") {
      isOver = true;
      listener.onRevoked();
      return;
    }
    if (message.event === "hello") {
      attempt = 0;
      isConnected = true;
      listener.onHello();
      return;
    }
    if (message.event === "reportNow") {
      listener.onReportNow();
      return;
    }
    if (message.event !== "revision") return;
    const revision = json.pipe(revisionEventShape).safeParse(message.data);
    if (revision.success) listener.onRevision(revision.data);
  }

  const lacksWanted = () => named !== null && (wanted ?? []).some((appId) => named?.has(appId) === false);

  function renewSoon(): void {
    cancelRenewal ??= timers.after(RENEW_AFTER_MS, () => {
      cancelRenewal = undefined;
      isRenewing = close !== undefined && lacksWanted();
      if (isRenewing) close?.();
    });
  }

  async function connect(): Promise<void> {
    const programs = namedPrograms(wanted ?? []);
    named = programs === null ? null : new Set(programs);
    const opened = await client.openStream(programs, controller.signal);
    if (controller.signal.aborted) {
      if ("stream" in opened) opened.close();
      return;
    }
    if (!("stream" in opened)) return reconnectAfter(opened);
    close = opened.close;
    if (lacksWanted()) renewSoon();
    const reader = createEventStreamReader(hear);
    let cancelQuiet = timers.after(QUIET_MS, () => opened.close());
    try {
      for await (const chunk of opened.stream as AsyncIterable<Buffer>) {
        cancelQuiet();
        cancelQuiet = timers.after(QUIET_MS, () => opened.close());
        if (!reader.push(chunk) || isOver) break;
      }
    } catch (error) {
      log("debug", "stream_ended", { error });
    } finally {
      cancelQuiet();
      close = undefined;
      opened.close();
      if (isConnected) listener.onClosed();
      isConnected = false;
    }
    const isRenewed = isRenewing;
    isRenewing = false;
    if (isRenewed && !isOver && !controller.signal.aborted) run();
    else wait(drawMs(backoffMs(attempt), options.random));
  }

  function reconnectAfter(opened: Exclude<Awaited<ReturnType<PolicyClient["openStream"]>>, { stream: unknown }>): void {
    const failed: Fetched =
      "outcome" in opened
        ? opened
        : { kind: "failed", outcome: { kind: "network", reason: opened.reason }, code: undefined };
    const next = nextStep(requestEnd(failed), attempt);
    if (next.step === "stop") {
      isOver = true;
      listener.onRevoked();
      return;
    }
    wait(next.step === "retry" ? drawMs([next.minMs, next.maxMs], options.random) : RECONNECT_CAP_MS);
  }

  function wait(afterMs: number): void {
    if (isOver || controller.signal.aborted) return;
    attempt += 1;
    cancelWait = timers.after(Math.min(RECONNECT_CAP_MS, afterMs), run);
  }

  function run(): void {
    connect().catch((error: unknown) => {
      log("error", "stream_failed", { error });
      wait(RECONNECT_CAP_MS);
    });
  }

  return {
    listen(programs) {
      const isFirst = wanted === undefined;
      wanted = programs;
      if (isFirst) run();
      else if (close !== undefined && lacksWanted()) renewSoon();
    },
    stop() {
      cancelWait?.();
      cancelRenewal?.();
      controller.abort();
    },
  };
}
