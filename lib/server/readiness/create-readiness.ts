import type { CheckState, Readiness, ReadinessCheck } from "@/lib/contracts/readiness";
import type { CheckName } from "@/lib/domain/readiness-names";
import type { Clock } from "@/lib/platform/clock";
import { isAppError } from "@/lib/platform/errors";
import type { Logger } from "@/lib/platform/logger";

/** What a check found: a state, a sentence, and what to do where something is to be done. */
export type Finding = { state: "ok"; says: string } | { state: "warn" | "failed"; says: string; remedy: string };
export type Check = { name: CheckName; run(): Promise<Finding> };

/** Asked by everybody at any rate, it costs no more than one round of checks in this time. */
const KEPT_MS = 5_000;
/** A check that has not answered by then counts as failed. */
const TIMEOUT_MS = 4_000;

const ORDER: readonly CheckState[] = ["ok", "warn", "failed"];
const LOG_REMEDY = "The log has its error; docs/guides/operations.md says what each means.";

export type ReadinessPorts = {
  clock: Clock;
  logger: Logger;
  jobs?: () => Readiness["jobs"];
  threads?: () => Readiness["threads"];
  queues?: () => Readiness["queues"];
  /** Milliseconds that only rise. */
  uptimeMs?: () => number;
  timeoutMs?: number;
  storeFigures?: () => Promise<NonNullable<Readiness["store"]>>;
};

/**
 * Tries what this process stands on, all checks at once and one round for all who ask meanwhile; a round counts for 5
 * seconds. A check that hangs fails by name, keeps nobody waiting, and is not begun a second time. Never rejects.
 */
export function createReadiness(checks: readonly Check[], ports: ReadinessPorts): { read(): Promise<Readiness> } {
  const { clock, logger, uptimeMs = () => performance.now(), timeoutMs = TIMEOUT_MS } = ports;
  const { jobs = () => [], threads = () => [], queues = () => [] } = ports;
  const running = new Map<CheckName, number>();
  let kept: { readiness: Promise<Readiness>; endedMs: number | null } | undefined;

  async function tryCheck({ name, run }: Check): Promise<Finding> {
    const since = running.get(name);
    if (since !== undefined) return hangs(uptimeMs() - since);
    running.set(name, uptimeMs());
    const finding = run()
      .catch((error: unknown): Finding => {
        logger("warn", "readiness_check_failed", { check: name, error });
        return { state: "failed", says: isAppError(error) ? error.message : "It failed.", remedy: LOG_REMEDY };
      })
      .finally(() => running.delete(name));
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<Finding>((resolve) => {
      timer = setTimeout(() => resolve(hangs(timeoutMs)), timeoutMs);
    });
    return await Promise.race([finding, late]).finally(() => clearTimeout(timer));
  }

  /** Figures are no check: a store that does not answer fails by those. */
  async function askStore(): Promise<Pick<Readiness, "store">> {
    const asking = ports.storeFigures?.();
    if (asking === undefined) return {};
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<null>((resolve) => {
      timer = setTimeout(() => resolve(null), timeoutMs);
    });
    const told = asking.catch((error: unknown) => {
      logger("warn", "store_figures_missing", { error });
      return null;
    });
    return { store: await Promise.race([told, late]).finally(() => clearTimeout(timer)) };
  }

  async function round(): Promise<Readiness> {
    const found = await Promise.all(
      checks.map(async (check): Promise<ReadinessCheck> => {
        const startedMs = uptimeMs();
        const finding = await tryCheck(check);
        const remedy = finding.state === "ok" ? null : finding.remedy;
        return {
          name: check.name,
          state: finding.state,
          says: finding.says,
          remedy,
          ms: Math.round(uptimeMs() - startedMs),
        };
      }),
    );
    const worst = Math.max(0, ...found.map(({ state }) => ORDER.indexOf(state)));
    const figures = { jobs: jobs(), threads: threads(), queues: queues() };
    return {
      state: ORDER[worst] ?? "failed",
      at: new Date(clock.nowMs()).toISOString(),
      checks: found,
      ...figures,
    };
  }

  return {
    read() {
      const isKept = kept !== undefined && (kept.endedMs === null || uptimeMs() - kept.endedMs < KEPT_MS);
      if (kept === undefined || !isKept) {
        const readiness = Promise.all([round(), askStore()]).then(([said, store]) => ({ ...said, ...store }));
        const turn: NonNullable<typeof kept> = { readiness, endedMs: null };
        kept = turn;
        void turn.readiness.then(() => {
          turn.endedMs = uptimeMs();
        });
      }
      return kept.readiness;
    },
  };
}

function hangs(ms: number): Finding {
  return { state: "failed", says: `No answer for ${Math.round(ms / 1000)} s.`, remedy: LOG_REMEDY };
}
