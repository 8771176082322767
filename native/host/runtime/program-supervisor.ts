import type { Stopped } from "../../core/device/effects";
import { backoffMs } from "../../core/device/retry";
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

export type ProgramStatus = {
  appId: string;
  state: "waiting" | "starting" | "running" | "stopping" | "ended";
  versionCode: number | null;
  pid: number | null;
  /** Why it does not run, where it does not. */
  reason: string | null;
  /** The same in a sentence, of an end that nobody wished for. */
  says: string | null;
  programRevision: number | null;
};

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

export type ProgramSupervisor = {
  /** Brings what runs in line with the documents in force and the time; called at every application and each second. */
  reconcile(): void;
  status(): readonly ProgramStatus[];
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
  const slots: Slot[] = options.desired.map((desired) => ({
    desired,
    state: "waiting",
    program: undefined,
    given: undefined,
    reason: null,
    says: null,
    failures: 0,
    startedAtMs: 0,
    cancelRestart: undefined,
  }));
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
        if (standing.kind === "run" && !slot.cancelRestart) begin(slot, standing.versionCode);
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

  function begin(slot: Slot, versionCode: number): void {
    setState(slot, "starting", null);
    const work = start(slot, versionCode)
      .catch((error: unknown) => {
        log("error", "program_start_failed", { appId: slot.desired.appId, error });
        failed(slot, "start_failed", RESTART_CAP_MS);
      })
      .finally(() => starting.delete(work));
    starting.add(work);
  }

  async function start(slot: Slot, versionCode: number): Promise<void> {
    const { appId } = slot.desired;
    const found = await options.getBundle(appId, versionCode);
    if (!found.ok) return failed(slot, found.reason, found.retry ? 0 : RESTART_CAP_MS);
    // Fetching took its time: what was allowed then may not be now.
    const standing = standingOf(slot);
    const known = options.policies.policyOf(appId);
    if (isStopping || !known || standing.kind !== "run" || standing.versionCode !== versionCode) {
      return setState(slot, "waiting", standing.kind === "run" ? null : standing.reason);
    }
    const result = await options.startProgram({
      ...surroundings,
      ...options.personal(appId),
      bundle: found.bundle,
      policy: known,
      onLaunched(program) {
        take(slot, program, known);
        if (isStopping) end(slot, "stopped");
        else reconcileOne(slot);
      },
    });
    if (slot.state === "stopping" && slot.program) return followEnd(slot, slot.program);
    if (!result.ok) {
      slot.program = undefined;
      log("error", "program_not_started", { appId, reason: result.reason, missing: result.missing });
      return failed(slot, result.reason, RESTART_CAP_MS);
    }
    const { program } = result;
    if (slot.program !== program) take(slot, program, known);
    setState(slot, "running", null);
    log("info", "program_started", { appId, versionCode, pid: program.pid });
    followEnd(slot, program);
    if (isStopping) end(slot, "stopped");
    else reconcileOne(slot);
  }

  function take(slot: Slot, program: RunningProgram, given: unknown): void {
    slot.program = program;
    slot.says = null;
    slot.given = given;
    slot.startedAtMs = surroundings.clock.monotonicMs();
  }

  function followEnd(slot: Slot, program: RunningProgram): void {
    program.ended
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
    const isOver = isStopping || reason === "stopped";
    setState(slot, isOver ? "ended" : "waiting", reason);
    if (!isOver) reconcileOne(slot);
  }

  /** Waits before the next start, longer each time; `leastMs` is the shortest wait. */
  function failed(slot: Slot, reason: string, leastMs: number): void {
    slot.failures += 1;
    if (!options.restart || isStopping) {
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

  return {
    reconcile() {
      if (!isStopping) for (const slot of slots) reconcileOne(slot);
    },
    status: () =>
      slots.map(({ desired, state, program, reason, says }) => ({
        appId: desired.appId,
        state,
        versionCode: program?.versionCode ?? desired.versionCode ?? null,
        pid: program?.pid ?? null,
        reason,
        says: reason === null ? null : says,
        programRevision: options.policies.policyOf(desired.appId)?.policy.programRevision ?? null,
      })),
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
