import type { Stopped } from "../../core/device/effects";
import { backoffMs } from "../../core/device/retry";
import type { ProgramRefusal } from "../api/host-error";
import type { ProgramStatus } from "../api/host-status";
import type {
  HostLog,
  HostTimers,
  ProgramEnd,
  RunnableBundle,
  RunningProgram,
  StartProgram,
  StartProgramOptions,
  StopReason,
} from "../ports";
import { drawMs } from "../sync/draw-wait";
import { judgeStanding, type Standing } from "./judge-standing";
import type { PolicySource } from "./policy-source";

/** A program that this host is to run. Without a version code the highest listed one is taken at each start. */
export type DesiredProgram = { appId: string; versionCode?: number };

export type GetBundle = (
  appId: string,
  versionCode: number,
) => Promise<{ ok: true; bundle: RunnableBundle } | { ok: false; reason: string; retry: boolean }>;

/** What is one program's own beside its bundle and its policy. */
type PersonalOptions = Pick<
  StartProgramOptions,
  "consent" | "consentMsMax" | "onConsent" | "moment" | "capabilities" | "capabilityMsMax" | "console"
>;

export type SupervisorOptions = {
  desired: readonly DesiredProgram[];
  /** What the device stops now, and why (spec 9.6). */
  stopped(): readonly Stopped[];
  policies: PolicySource;
  getBundle: GetBundle;
  startProgram: StartProgram;
  /** Everything a program is started with, beside its bundle and policy. */
  surroundings: Omit<StartProgramOptions, "bundle" | "policy" | "onLaunched" | keyof PersonalOptions>;
  /** What is each program's own: whom it asks, and who reads what it writes. */
  personal(appId: string): PersonalOptions;
  timers: HostTimers;
  random(): number;
  /** Whether a program that ended is started again, with growing waits. */
  restart: boolean;
  log: HostLog;
  onChange(): void;
};

export type LaunchEnd = { ok: true; status: ProgramStatus } | { ok: false; reason: ProgramRefusal; detail?: string };

export type ProgramSupervisor = {
  /** Brings what runs in line with the documents in force and the time; called at every application and each second. */
  reconcile(): void;
  status(): readonly ProgramStatus[];
  /** Starts a program once, whatever it ended by before; resolves when its engine stands or it is clear that it will not. */
  launch(program: DesiredProgram): Promise<LaunchEnd>;
  /** Stops one program, whatever it is at, and starts it no more; resolves when no process of it is left. */
  stopOne(appId: string): Promise<void>;
  /** Stops everything; resolves when no process is left. */
  stop(): Promise<void>;
};

/** A run of this long was a good one: the next failure counts as the first. */
const GOOD_RUN_MS = 60_000;
const RESTART_CAP_MS = 60_000;
/** A program that a limit ended is not thrown at the same limit at once. */
const AFTER_LIMIT_MS = 5000;

type Slot = {
  desired: DesiredProgram;
  /** Started by name: however it ends, it is not started again by itself. */
  isOnce: boolean;
  /** Somebody stopped it. */
  isUnwanted: boolean;
  /** What it is at while it starts: a bundle, then an engine. */
  work: Promise<void> | undefined;
  /** The end of the program that runs, being followed. */
  following: Promise<void> | undefined;
  /** What its last start lacked. */
  lacks: string | null;
  state: ProgramStatus["state"];
  program: RunningProgram | undefined;
  /** The policy that the program was last given. */
  given: unknown;
  reason: string | null;
  says: string | null;
  failures: number;
  startedAtMs: number;
  cancelRestart: (() => void) | undefined;
};

export function createProgramSupervisor(options: SupervisorOptions): ProgramSupervisor {
  const { surroundings, timers, log } = options;
  let isStopping = false;
  const slots: Slot[] = options.desired.map((desired) => newSlot(desired, false));
  const starting = new Set<Promise<void>>();

  function standingOf({ desired, program }: Slot): Standing {
    return judgeStanding({
      policy: options.policies.policyOf(desired.appId)?.policy,
      stoppedBy: options.stopped().find(({ appId }) => appId === desired.appId)?.code,
      versionCode: desired.versionCode ?? program?.versionCode,
      runtime: surroundings.runtime,
    });
  }

  function setState(slot: Slot, state: Slot["state"], reason: string | null): void {
    if (slot.state === state && slot.reason === reason) return;
    slot.state = state;
    slot.reason = reason;
    options.onChange();
  }

  function reconcileOne(slot: Slot): void {
    const standing = standingOf(slot);
    switch (slot.state) {
      case "running":
      case "starting":
        if (slot.program) guide(slot, standing);
        return;
      case "waiting":
        if (standing.kind === "run" && !slot.cancelRestart) void begin(slot, standing.versionCode);
        else if (standing.kind !== "run") setState(slot, "waiting", standing.reason);
        return;
      default:
        // Stopping looks again when it is done; what ended for good stays.
        return;
    }
  }

  /** A program whose process is there: new documents reach it while it goes on, whether or not it says that it stands. */
  function guide(slot: Slot, standing: Standing): void {
    if (standing.kind === "stop") {
      end(slot, standing.reason);
      return;
    }
    const known = options.policies.policyOf(slot.desired.appId);
    if (known && known !== slot.given) {
      slot.given = known;
      slot.program?.applyPolicy(known);
      options.onChange();
    }
    // The newest version is ours to choose where none was named; a version that left the list can do nothing any more.
    const isLost = standing.kind === "hold" && standing.reason === "version_not_listed";
    if (isLost && slot.desired.versionCode === undefined && (known?.policy.versions.size ?? 0) > 0)
      end(slot, "replaced");
  }

  function end(slot: Slot, reason: StopReason): void {
    const { program } = slot;
    if (!program || slot.state === "stopping") return;
    setState(slot, "stopping", reason);
    log("info", "program_stopping", { appId: slot.desired.appId, reason });
    void stopProgram(program, reason);
  }

  /** Never rejects: the other programs are stopped, and the folder is let go, all the same. */
  async function stopProgram(program: RunningProgram, reason: StopReason): Promise<void> {
    try {
      await program.stop(reason);
    } catch (error) {
      log("error", "program_stop_failed", { appId: program.appId, error });
    }
  }

  function begin(slot: Slot, versionCode: number): Promise<void> {
    slot.lacks = null;
    setState(slot, "starting", null);
    const work = start(slot, versionCode)
      .catch((error: unknown) => {
        log("error", "program_start_failed", { appId: slot.desired.appId, error });
        failed(slot, "start_failed", RESTART_CAP_MS);
      })
      .finally(() => {
        starting.delete(work);
        // Whoever heard of its end may have begun it again.
        if (slot.work === work) slot.work = undefined;
      });
    starting.add(work);
    slot.work = work;
    return work;
  }

  const mayGoOn = (slot: Slot) => !isStopping && !slot.isUnwanted;

  async function start(slot: Slot, versionCode: number): Promise<void> {
    const { appId } = slot.desired;
    const found = await options.getBundle(appId, versionCode);
    if (!found.ok) return failed(slot, found.reason, found.retry ? 0 : RESTART_CAP_MS);
    // Fetching took its time: what was allowed then may not be now.
    const standing = standingOf(slot);
    const known = options.policies.policyOf(appId);
    if (!mayGoOn(slot)) return setState(slot, "ended", "stopped");
    if (!known || standing.kind !== "run" || standing.versionCode !== versionCode) {
      const reason = standing.kind === "run" ? null : standing.reason;
      return setState(slot, slot.isOnce ? "ended" : "waiting", reason);
    }
    const result = await options.startProgram({
      ...surroundings,
      ...options.personal(appId),
      bundle: found.bundle,
      policy: known,
      onLaunched(program) {
        take(slot, program, known);
        if (mayGoOn(slot)) reconcileOne(slot);
        else end(slot, "stopped");
      },
    });
    if (slot.state === "stopping" && slot.program) return followEnd(slot, slot.program);
    if (!result.ok) {
      slot.program = undefined;
      slot.lacks = result.missing?.join(", ") ?? null;
      log("error", "program_not_started", { appId, reason: result.reason, missing: result.missing });
      return failed(slot, result.reason, RESTART_CAP_MS);
    }
    const { program } = result;
    if (slot.program !== program) take(slot, program, known);
    setState(slot, "running", null);
    log("info", "program_started", { appId, versionCode, pid: program.pid });
    followEnd(slot, program);
    if (mayGoOn(slot)) reconcileOne(slot);
    else end(slot, "stopped");
  }

  function take(slot: Slot, program: RunningProgram, given: unknown): void {
    slot.program = program;
    slot.says = null;
    slot.given = given;
    slot.startedAtMs = surroundings.clock.monotonicMs();
  }

  function followEnd(slot: Slot, program: RunningProgram): void {
    slot.following = program.ended
      .then((end) => ended(slot, program, end))
      .catch((error: unknown) => {
        log("error", "program_end_failed", { appId: program.appId, error });
      });
  }

  function ended(slot: Slot, program: RunningProgram, { reason, says, detail }: ProgramEnd): void {
    if (slot.program !== program) return;
    slot.says = says ?? null;
    slot.program = undefined;
    slot.given = undefined;
    log("info", "program_ended", { appId: program.appId, reason, ...(says === undefined ? {} : { says }), ...detail });
    if (surroundings.clock.monotonicMs() - slot.startedAtMs > GOOD_RUN_MS) slot.failures = 0;
    if (reason === "crashed" || reason === "limit") {
      failed(slot, reason, reason === "limit" ? AFTER_LIMIT_MS : 0);
      return;
    }
    const isOver = !mayGoOn(slot) || slot.isOnce || reason === "stopped";
    setState(slot, isOver ? "ended" : "waiting", reason);
    if (!isOver) reconcileOne(slot);
  }

  /** Waits before the next start, longer each time; `leastMs` is the shortest wait. */
  function failed(slot: Slot, reason: string, leastMs: number): void {
    slot.failures += 1;
    if (!options.restart || slot.isOnce || !mayGoOn(slot)) {
      setState(slot, "ended", reason);
      return;
    }
    setState(slot, "waiting", reason);
    const afterMs = Math.min(RESTART_CAP_MS, Math.max(leastMs, drawMs(backoffMs(slot.failures), options.random)));
    slot.cancelRestart = timers.after(afterMs, () => {
      slot.cancelRestart = undefined;
      reconcileOne(slot);
    });
  }

  async function launch(desired: DesiredProgram): Promise<LaunchEnd> {
    if (isStopping) return { ok: false, reason: "launch_called_off" };
    const known = slots.find((slot) => slot.desired.appId === desired.appId);
    const isBusy = known !== undefined && !["waiting", "ended"].includes(known.state);
    if (isBusy) return { ok: false, reason: "already_running" };
    const slot = known ?? newSlot(desired, true);
    if (known === undefined) slots.push(slot);
    slot.cancelRestart?.();
    Object.assign(slot, { desired, isUnwanted: false, cancelRestart: undefined, says: null });
    const standing = standingOf(slot);
    if (standing.kind !== "run") {
      setState(slot, slot.isOnce ? "ended" : "waiting", standing.reason);
      return { ok: false, ...refusalOf(slot, standing.reason) };
    }
    await begin(slot, standing.versionCode);
    if (slot.state === "running") return { ok: true, status: statusOf(slot) };
    return { ok: false, ...refusalOf(slot, slot.reason) };
  }

  /** A reason of a slot, as whoever launches is told it. */
  function refusalOf(slot: Slot, reason: string | null): { reason: ProgramRefusal; detail?: string } {
    if (reason === "policy_expired" && options.policies.policyOf(slot.desired.appId) === undefined)
      return { reason: "program_unknown" };
    const known = reason === null ? undefined : REFUSALS.get(reason);
    if (known === "start_failed") return { reason: known, detail: slot.says ?? reason ?? "unknown" };
    if (known !== undefined) return { reason: known, ...(slot.lacks === null ? {} : { detail: slot.lacks }) };
    // What is left is the bundle's own code (`getBundle`), or a start that came to nothing.
    return reason === null ? { reason: "launch_called_off" } : { reason: "bundle_refused", detail: reason };
  }

  async function stopOne(appId: string): Promise<void> {
    for (const slot of slots.filter(({ desired }) => desired.appId === appId)) {
      slot.isUnwanted = true;
      slot.cancelRestart?.();
      slot.cancelRestart = undefined;
      if (slot.program) end(slot, "stopped");
      else if (slot.state === "waiting") setState(slot, "ended", "stopped");
      await slot.work;
      const { program } = slot;
      if (program) await stopProgram(program, "stopped");
      await slot.following;
    }
  }

  function statusOf({ desired, state, program, reason, says }: Slot): ProgramStatus {
    return {
      appId: desired.appId,
      state,
      versionCode: program?.versionCode ?? desired.versionCode ?? null,
      pid: program?.pid ?? null,
      reason,
      says: reason === null ? null : says,
      programRevision: options.policies.policyOf(desired.appId)?.policy.programRevision ?? null,
    };
  }

  return {
    launch,
    stopOne,
    reconcile() {
      if (!isStopping) for (const slot of slots) reconcileOne(slot);
    },
    status: () => slots.map(statusOf),
    async stop() {
      isStopping = true;
      for (const slot of slots) {
        slot.cancelRestart?.();
        if (slot.state === "starting") end(slot, "stopped");
      }
      await Promise.all(starting);
      await Promise.all(slots.map(({ program }) => program && stopProgram(program, "stopped")));
    },
  };
}

function newSlot(desired: DesiredProgram, isOnce: boolean): Slot {
  return {
    ...{ desired, isOnce, isUnwanted: false, work: undefined, following: undefined, lacks: null },
    ...{ state: "waiting", program: undefined, given: undefined, reason: null, says: null },
    ...{ failures: 0, startedAtMs: 0, cancelRestart: undefined },
  };
}

/** Reasons for which a program does not run, as whoever launches it is told them; any other is of its bundle. */
const REFUSALS: ReadonlyMap<string, ProgramRefusal> = new Map([
  ["suspended", "program_suspended"],
  ["policy_expired", "policy_expired"],
  ["superseded", "document_superseded"],
  ["upgrade_required", "upgrade_required"],
  ["version_not_listed", "version_not_listed"],
  ["bundle_unavailable", "bundle_unavailable"],
  ["bundle_not_opened", "bundle_unavailable"],
  ["degraded", "not_confined"],
  ["unsupported_engine", "unsupported_engine"],
  ...["start_failed", "crashed", "limit"].map((reason) => [reason, "start_failed"] as const),
  ...["stopped", "replaced"].map((reason) => [reason, "launch_called_off"] as const),
]);
