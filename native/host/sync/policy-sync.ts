import type { DocumentType } from "../../core/codes";
import { isNewerPosition, NO_POSITION, type Position } from "../../core/documents/position";
import type { HostLog, HostTimers } from "../ports";
import type { Fetched, PolicyClient } from "./policy-client";
import type { PolicyKeeper, Receipt } from "./policy-keeper";
import { nextStep } from "./retry-policy";
import { createStreamClient } from "./stream-client";

export type PolicySync = {
  /** One whole round: keyset, platform, every program's document. Resolves when it is applied or has failed. */
  refresh(): Promise<void>;
  /** Listens and polls from now on. */
  start(): void;
  stop(): void;
  readonly isConnected: boolean;
  readonly isRevoked: boolean;
  /** Monotonic milliseconds of the last answer about the platform document that told its state. */
  readonly lastHeardMs: number | undefined;
};

export type PolicySyncOptions = {
  client: PolicyClient;
  keeper: PolicyKeeper;
  /** Programs whose documents this device needs. */
  programs(): readonly string[];
  /** Suspensions and blocked hosts act already; the rest follows with `onApplied`. */
  onClosedEarly(): void;
  onApplied(): void;
  onRevoked(): void;
  timers: HostTimers;
  monotonicMs(): number;
  random(): number;
  log: HostLog;
};

/** How long programs' documents may keep a platform document from being applied (spec §4). */
const APPLY_ALONE_AFTER_MS = 5000;
const KEYSET_STEPS_MAX = 1024;
const POLL_MS = { connected: 300_000, apart: 30_000, revoked: 3_600_000 } as const;

/**
 * Keeps the device's documents current. Platform documents have a lane of their own, so that a program's document that
 * does not come can't hold up a suspension; programs' documents are fetched side by side.
 */
export function createPolicySync(options: PolicySyncOptions): PolicySync {
  const { client, keeper, timers, log } = options;
  const fetching = new Map<string, Promise<void>>();
  const wantedAgain = new Set<string>();
  let cancelAlone: (() => void) | undefined;
  let hasUnapplied = false;
  let lane: Promise<void> | undefined;
  let laneAgain: "platform" | "all" | undefined;
  let attempt = 0;
  let cancelPoll: (() => void) | undefined;
  const cancelRetries = new Set<() => void>();
  let isRevoked = false;
  let isStopped = false;
  let lastHeardMs: number | undefined;

  const stream = createStreamClient({
    client,
    timers,
    random: options.random,
    log,
    listener: {
      onHello: () => run("all"),
      onRevision(event) {
        const { keyset, platform, programs } = keeper.latest;
        if (event.kind === "keyset" && event.revision > (keyset?.revision ?? 0)) run("all");
        if (event.kind === "platform" && isNewer(event, platform)) run("platform");
        if (event.kind === "program" && options.programs().includes(event.appId)) {
          if (isNewer(event, programs.get(event.appId))) wantProgram(event.appId);
        }
      },
      onRevoked: revoke,
    },
  });

  function revoke(): void {
    if (isRevoked) return;
    isRevoked = true;
    log("error", "device_revoked");
    stream.stop();
    options.onRevoked();
  }

  /** Later, unless stopped before; several waits at once are fine, each is one more look. */
  function later(afterMs: number, work: () => void): void {
    if (isStopped) return;
    const cancel = timers.after(afterMs, () => {
      cancelRetries.delete(cancel);
      work();
    });
    cancelRetries.add(cancel);
  }

  /** Hands bytes to the keeper; what failed on the way is retried by the table of spec §7. */
  async function receive(
    fetched: Fetched,
    type: DocumentType,
    take: (bytes: Uint8Array, etag: string | undefined) => Promise<Receipt>,
  ): Promise<Receipt | "not_modified" | "missing" | "failed"> {
    if (fetched.kind === "body") return take(fetched.bytes, fetched.etag);
    if (fetched.kind !== "failed") return fetched.kind;
    if (fetched.outcome.kind === "revoked") revoke();
    if (fetched.outcome.kind === "network" && fetched.outcome.reason === "too_large") {
      keeper.refuseTooLarge(type, type);
      return "refused";
    }
    return "failed";
  }

  async function walkKeyset(): Promise<void> {
    for (let step = 0; step < KEYSET_STEPS_MAX; step++) {
      const before = keeper.latest.keyset;
      const fetched = before ? await client.keysetRevision(before.revision + 1) : await client.keyset();
      const receipt = await receive(fetched, "bulkhead-keyset", (bytes) => keeper.receiveKeyset(bytes));
      if (receipt !== "accepted" && receipt !== "expired") return;
      log("info", "keyset_adopted", { revision: keeper.latest.keyset?.revision });
      if (before && (keeper.latest.keyset?.epoch ?? 0) > before.epoch) changed();
    }
  }

  async function fetchPlatform(): Promise<Receipt | "not_modified" | "missing" | "failed"> {
    const fetched = await client.platform(keeper.etagOf({ platform: true }));
    const receipt = await receive(fetched, "bulkhead-platform", (bytes, etag) => keeper.receivePlatform(bytes, etag));
    if (receipt === "accepted" || receipt === "unchanged" || receipt === "not_modified") {
      lastHeardMs = options.monotonicMs();
    }
    if (receipt === "accepted") arrange();
    if (receipt === "expired") options.onClosedEarly();
    return receipt;
  }

  /** A platform document was stored: close at once, fetch what it names, apply together or after 5 s alone. */
  function arrange(): void {
    if (isStopped) return;
    hasUnapplied = true;
    options.onClosedEarly();
    const { platform, programs } = keeper.latest;
    for (const appId of options.programs()) {
      const needed = platform && Object.hasOwn(platform.minRevisions, appId) ? platform.minRevisions[appId] : undefined;
      if (needed !== undefined && needed > (programs.get(appId)?.revision ?? 0)) wantProgram(appId);
    }
    cancelAlone ??= timers.after(APPLY_ALONE_AFTER_MS, () => {
      cancelAlone = undefined;
      hasUnapplied = false;
      keeper.applyPlatformAlone();
      options.onApplied();
    });
  }

  function changed(): void {
    keeper.apply();
    options.onApplied();
  }

  function applyIfComplete(): void {
    if (isStopped || !hasUnapplied || (cancelAlone && (fetching.size > 0 || lane))) return;
    cancelAlone?.();
    cancelAlone = undefined;
    hasUnapplied = false;
    changed();
  }

  function wantProgram(appId: string): void {
    if (fetching.has(appId)) {
      wantedAgain.add(appId);
      return;
    }
    const work = fetchProgram(appId, 1)
      .catch((error: unknown) => log("error", "program_fetch_failed", { appId, error }))
      .finally(() => {
        fetching.delete(appId);
        if (wantedAgain.delete(appId)) wantProgram(appId);
        else applyIfComplete();
      });
    fetching.set(appId, work);
  }

  async function fetchProgram(appId: string, tries: number): Promise<void> {
    const fetched = await client.program(appId, keeper.etagOf({ appId }));
    const receipt = await receive(fetched, "bulkhead-program", (bytes, etag) =>
      keeper.receiveProgram(appId, bytes, etag),
    );
    if (receipt === "accepted") hasUnapplied = true;
    if (receipt === "expired") options.onClosedEarly();
    if (receipt === "failed" || receipt === "not_stored") {
      const outcome =
        fetched.kind === "failed" ? fetched.outcome : { kind: "network" as const, reason: "aborted" as const };
      const next = nextStep(outcome, tries, options.random());
      if (next.step === "retry" && !isRevoked) later(next.afterMs, () => wantProgram(appId));
    }
  }

  async function round(scope: "platform" | "all"): Promise<void> {
    const hadKeyset = keeper.latest.keyset !== undefined;
    if (scope === "all" || !hadKeyset) await walkKeyset();
    let receipt = await fetchPlatform();
    if (receipt === "refused" && scope === "platform") {
      // Perhaps signed by a key of a keyset that isn't here yet.
      const { keyset } = keeper.latest;
      await walkKeyset();
      if (keeper.latest.keyset !== keyset) receipt = await fetchPlatform();
    }
    if (scope === "all" || !hadKeyset) for (const appId of options.programs()) wantProgram(appId);
    if (receipt === "failed" || receipt === "not_stored") {
      attempt += 1;
      const outcome = { kind: "network" as const, reason: "unreachable" as const };
      const next = nextStep(outcome, attempt, options.random());
      if (next.step === "retry" && !isRevoked) later(next.afterMs, () => run("all"));
    } else {
      attempt = 0;
    }
  }

  /** Starts the lane, or has it run once more when it is done. */
  function run(scope: "platform" | "all"): Promise<void> {
    if (isStopped) return Promise.resolve();
    if (lane) {
      laneAgain = scope === "all" || laneAgain === "all" ? "all" : "platform";
      return lane;
    }
    lane = round(scope)
      .catch((error: unknown) => log("error", "sync_failed", { error }))
      .then(() => {
        lane = undefined;
        const again = laneAgain;
        laneAgain = undefined;
        if (again) return run(again);
        applyIfComplete();
        return undefined;
      });
    return lane;
  }

  function poll(): void {
    const every = isRevoked ? POLL_MS.revoked : stream.isConnected ? POLL_MS.connected : POLL_MS.apart;
    cancelPoll = timers.after(every * (0.75 + options.random() / 2), () => {
      run("all").finally(() => {
        if (!isStopped) poll();
      });
    });
  }

  return {
    async refresh() {
      await run("all");
      while (fetching.size > 0 && !isStopped) {
        const pastAlone = new Promise<void>((resolve) => {
          later(APPLY_ALONE_AFTER_MS + 100, resolve);
        });
        await Promise.race([Promise.all(fetching.values()), pastAlone]);
        if (!cancelAlone) break;
      }
    },
    start() {
      stream.start();
      poll();
    },
    stop() {
      isStopped = true;
      stream.stop();
      cancelPoll?.();
      cancelAlone?.();
      for (const cancel of cancelRetries) cancel();
      cancelRetries.clear();
    },
    get isConnected() {
      return stream.isConnected;
    },
    get isRevoked() {
      return isRevoked;
    },
    get lastHeardMs() {
      return lastHeardMs;
    },
  };
}

const isNewer = (event: Position, held: Position | undefined): boolean => isNewerPosition(event, held ?? NO_POSITION);
