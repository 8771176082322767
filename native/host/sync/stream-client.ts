import { z } from "zod";
import {
  type HelloEvent,
  helloEventShape,
  type RevisionEvent,
  revisionEventShape,
  STREAM_HEARTBEAT_SECONDS,
} from "../../core/wire/stream-event";
import type { HostLog, HostTimers } from "../ports";
import { createEventStreamReader, type StreamMessage } from "./event-stream";
import type { PolicyClient } from "./policy-client";
import { backoffMs, nextStep } from "./retry-policy";

export type StreamListener = {
  onHello(hello: HelloEvent): void;
  onRevision(event: RevisionEvent): void;
  /** The platform has revoked this device; the stream is not opened again. */
  onRevoked(): void;
};

export type StreamClient = {
  start(): void;
  stop(): void;
  readonly isConnected: boolean;
};

const QUIET_MS = 3 * STREAM_HEARTBEAT_SECONDS * 1000;
const RECONNECT_CAP_MS = 60_000;
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
  let cancelWait: (() => void) | undefined;

  function hear(message: StreamMessage): void {
    if (message.event === "revoked") {
      isOver = true;
      listener.onRevoked();
      return;
    }
    if (message.event === "hello") {
      attempt = 0;
      const hello = json.pipe(helloEventShape).safeParse(message.data);
      listener.onHello(hello.success ? hello.data : {});
      return;
    }
    if (message.event !== "revision") return;
    const revision = json.pipe(revisionEventShape).safeParse(message.data);
    if (revision.success) listener.onRevision(revision.data);
  }

  async function connect(): Promise<void> {
    const opened = await client.openStream(controller.signal);
    if (controller.signal.aborted) {
      if ("stream" in opened) opened.close();
      return;
    }
    if (!("stream" in opened)) return reconnectAfter(opened);
    isConnected = true;
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
      opened.close();
      isConnected = false;
    }
    wait(backoffMs(attempt, options.random()));
  }

  function reconnectAfter(opened: Exclude<Awaited<ReturnType<PolicyClient["openStream"]>>, { stream: unknown }>): void {
    const outcome = "outcome" in opened ? opened.outcome : { kind: "network" as const, reason: opened.reason };
    const next = nextStep(outcome, attempt, options.random());
    if (next.step === "stop") {
      isOver = true;
      listener.onRevoked();
      return;
    }
    wait(next.step === "retry" ? Math.min(RECONNECT_CAP_MS, next.afterMs) : RECONNECT_CAP_MS);
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
    start: run,
    stop() {
      cancelWait?.();
      controller.abort();
    },
    get isConnected() {
      return isConnected;
    },
  };
}
