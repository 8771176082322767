import type { Effect, Narrowed } from "../../core/device/effects";
import type { DeviceInput } from "../../core/device/inputs";
import { type DeviceState, openState } from "../../core/device/state";
import { createDevice, isAboutQueue } from "../../core/device/step";
import type { DevicePorts } from "../../core/device/turn";
import type { DeviceView } from "../../core/device/view";
import type { RuntimeIdentity } from "../../core/wire/runtime-identity";
import type { HostClock, HostLog, HostTimers, TelemetryPort } from "../ports";
import type { DeviceDisk } from "../state/device-disk";
import type { Enrolment } from "../state/enrolment";
import { drawMs } from "../sync/draw-wait";
import type { PolicyClient } from "../sync/policy-client";
import { requestEnd } from "../sync/request-end";
import { createStreamClient } from "../sync/stream-client";
import { createAlarms } from "./alarms";
import { createDeviceWrites } from "./device-writes";
import { createMinuteCounter } from "./minute-counter";
import { createStepQueue } from "./step-queue";

/** The shell around the pure device (spec 9.1): it does what effects say and hands in what happens, and decides nothing. */
export type RunningDevice = {
  readonly view: DeviceView;
  /** What is narrowed, as the device said last. */
  readonly narrowed: Narrowed;
  /** Time for documents in force, whole seconds. */
  policyNow(): number;
  readonly telemetry: TelemetryPort;
  /** Has this program's document fetched and followed too (spec 9.4, \`want\`). */
  want(appId: string): void;
  readonly isConnected: boolean;
  readonly isRevoked: boolean;
  /** Resolves when no request for a document and no write of one is under way. */
  settled(): Promise<void>;
  /** Looks at everything now; resolves as `settled` does. */
  refresh(): Promise<void>;
  /** Stores what is to be kept and asks the platform nothing more. Resolves once the last write was answered. */
  stop(): Promise<void>;
};

export type RunDeviceOptions = {
  disk: DeviceDisk;
  enrolment: Pick<Enrolment, "platform" | "rootThumbprints" | "threshold">;
  runtime: RuntimeIdentity;
  programs: readonly string[];
  client: PolicyClient;
  ports: DevicePorts;
  /** What acts has changed, or may have: called after each step that was not about the queue alone. */
  onChange(): void;
  clock: HostClock;
  timers: HostTimers;
  random(): number;
  /** 32 hex digits of chance. */
  seed: string;
  log: HostLog;
};

/** Members of an input without the two clocks, which the shell reads. */
type Happening = DeviceInput extends infer I ? (I extends DeviceInput ? Omit<I, "wall" | "mono"> : never) : never;

/** Counts go in, and what ended by time alone is looked for, each second: a timer of the machine's sleeps with it. */
const BEAT_MS = 1000;
/** So long a write of the queue is answered after it was stored: what comes meanwhile shares the next one. */
const QUEUE_PAUSE_MS = 250;

export function runDevice(options: RunDeviceOptions): RunningDevice {
  const { client, clock, timers, random, log } = options;
  const device = createDevice(options.ports);
  const state: DeviceState = openState(options.disk.durable);
  const writes = createDeviceWrites(options.disk, log);
  const counter = createMinuteCounter((appId) => device.view(state).policiesOf(appId).inForce);
  const { happen, waitFor, end: hearNothing } = createStepQueue<Happening>(takeStep);
  const alarms = createAlarms(timers, ring);
  const fetches = new Map<number, AbortController>();
  let narrowed: Narrowed = { suspended: [], blockedHosts: [], stopped: [] };
  let isStopping = false;
  let endPause: (() => void) | undefined;
  const startedAtMs = clock.monotonicMs();
  const clocks = () => ({
    wall: Math.max(0, Math.floor(clock.nowMs())),
    mono: Math.max(0, Math.floor(clock.monotonicMs() - startedAtMs)),
  });

  const stream = createStreamClient({
    client,
    timers,
    random,
    log,
    listener: {
      onHello: () => happen({ t: "stream", hello: true }),
      onRevision: ({ kind: document, ...position }) => happen({ t: "stream", revision: { document, ...position } }),
      onReportNow() {
        handInCounts();
        happen({ t: "stream", reportNow: true });
      },
      onClosed: () => happen({ t: "stream", closed: true }),
      onRevoked: () => happen({ t: "stream", revoked: true }),
    },
  });

  function takeStep(happening: Happening): void {
    const isQuiet = isAboutQueue(happening, state.live);
    const { effects, records } = device.step(state, { ...happening, ...clocks() } as DeviceInput);
    writes.gather(records);
    const acting = effects.find(({ e }) => e === "narrow");
    if (acting?.e === "narrow") narrowed = acting;
    // What narrows acts before anything is written or asked.
    if (!isQuiet || effects.some(({ e }) => e === "narrow" || e === "apply")) tellChange();
    for (const effect of effects) perform(effect);
    if (isQueueAwaited()) endPause?.();
  }

  function tellChange(): void {
    try {
      options.onChange();
    } catch (error) {
      log("error", "change_not_carried_out", { error });
    }
  }

  function perform(effect: Effect): void {
    switch (effect.e) {
      case "narrow":
      case "apply":
      case "answer":
        return;
      case "store":
        void store(effect);
        return;
      case "fetch":
        if (!isStopping) void ask(effect);
        return;
      case "abort":
        fetches.get(effect.fetch)?.abort();
        return;
      case "listen":
        stream.listen(effect.programs);
        return;
      case "hangUp":
        stream.stop();
        return;
      case "timer":
        alarms.set(effect.timer, drawMs([effect.minMs, effect.maxMs], random));
        return;
      case "cancel":
        alarms.clear(effect.timer);
        return;
      case "send":
        if (!isStopping) void send(effect);
        return;
      case "log":
        log(effect.level, effect.code, effect.fields);
        return;
    }
  }

  async function store({ write, part }: Extract<Effect, { e: "store" }>): Promise<void> {
    const end = await writes.store(part, state);
    if (part === "queue" && end === "stored" && !isQueueAwaited()) await pause();
    happen(end === "stored" ? { t: "stored", write } : { t: "notStored", write, reason: end });
  }

  /** A batch is sent once the queue is stored; and nobody who stops waits for more than that. */
  function isQueueAwaited(): boolean {
    return isStopping || state.live?.upload.ready != null;
  }

  function pause(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = timers.after(QUEUE_PAUSE_MS, () => endPause?.());
      endPause = () => {
        endPause = undefined;
        cancel();
        resolve();
      };
    });
  }

  async function ask(effect: Extract<Effect, { e: "fetch" }>): Promise<void> {
    const controller = new AbortController();
    fetches.set(effect.fetch, controller);
    const { maxBytes, timeoutMs } = effect;
    const fetched = await client.ask(effect, { maxBytes, timeoutMs, signal: controller.signal }).catch(failed);
    fetches.delete(effect.fetch);
    happen({ t: "fetched", fetch: effect.fetch, ...requestEnd(fetched) });
  }

  async function send({ send: number, batch }: Extract<Effect, { e: "send" }>): Promise<void> {
    const answered = await client.sendBatch(batch).catch(failed);
    happen({ t: "answered", send: number, ...requestEnd(answered) });
  }

  function failed(error: unknown) {
    log("error", "request_failed", { error });
    return { kind: "failed", outcome: { kind: "network", reason: "unreachable" }, code: undefined } as const;
  }

  function ring(timer: string): void {
    // A batch tells of all that happened before it.
    if (timer === "upload") handInCounts();
    happen({ t: "timer", timer });
  }

  const liveOf = () => state.live;
  const isWriting = (part: "trust" | "queue") => liveOf()?.disk[part].out != null;
  function isSettled(): boolean {
    const sync = liveOf()?.sync;
    const isFetching = sync?.lane != null || Object.values(sync?.programs ?? {}).some((work) => work.fetch !== null);
    return isStopping || (!isFetching && !isWriting("trust"));
  }

  function handInCounts(): void {
    for (const counted of counter.take()) happen({ t: "count", ...counted });
  }

  function beat(): void {
    handInCounts();
    const now = policyNow();
    for (const timer of ["grace", "until"] as const) {
      const due = liveOf()?.told[timer] ?? null;
      if (due !== null && due <= now) alarms.ring(timer);
    }
    cancelBeat = timers.after(BEAT_MS, beat);
  }

  happen({
    t: "start",
    seed: options.seed,
    enrolment: options.enrolment,
    runtime: options.runtime,
    programs: [...options.programs],
  });
  let cancelBeat = timers.after(BEAT_MS, beat);
  const view = device.view(state);
  const policyNow = () => {
    const { wall, mono } = clocks();
    return view.timeAt(wall, mono);
  };

  async function stop(): Promise<void> {
    isStopping = true;
    endPause?.();
    cancelBeat();
    stream.stop();
    alarms.end();
    for (const controller of fetches.values()) controller.abort();
    handInCounts();
    happen({ t: "timer", timer: "mark" });
    // What a disk refused is offered once more.
    happen({ t: "timer", timer: "store" });
    await waitFor(() => !isWriting("trust") && !isWriting("queue"));
    // An answer that comes after the end is as good as lost: the folder may be another's by now.
    hearNothing();
    await options.disk.settle();
  }

  return {
    view,
    get narrowed() {
      return narrowed;
    },
    policyNow,
    telemetry: {
      addToMinute: (program, increment) => counter.add(program, increment),
      recordEvent: (event) => happen({ t: "event", event }),
    },
    want: (appId) => happen({ t: "want", appId, wanted: true }),
    get isConnected() {
      return liveOf()?.sync.isConnected ?? false;
    },
    get isRevoked() {
      return liveOf()?.sync.isRevoked ?? false;
    },
    settled: () => waitFor(isSettled),
    async refresh() {
      alarms.clear("poll");
      happen({ t: "timer", timer: "poll" });
      await waitFor(isSettled);
    },
    stop,
  };
}
