import { inArray, lt } from "drizzle-orm";
import { usedAssertions } from "@/db/schema";
import type { Database } from "@/db/store";
import { forgetOldAttempts } from "@/lib/auth/throttle";
import type { JobName } from "@/lib/domain/readiness-names";
import type { ServiceContext } from "@/lib/services/context";
import { forgetCauses, judgeCauses, newJudgeTurns } from "@/lib/services/denials/judge-causes";
import { tendBundles } from "@/lib/services/submissions/tend-bundles";
import { awaitedJump } from "@/lib/sync/clock/clock-jump";
import { measureClock } from "@/lib/sync/clock/measure-clock";
import { takeKeysetInbox } from "@/lib/sync/keyset/keyset-inbox";
import { resignDocuments } from "@/lib/sync/resign-documents";
import { dropPastDays, foldTelemetry, newFoldTurns } from "@/lib/sync/telemetry/tend-telemetry";
import type { JobLog } from "./readiness/job-log";
import { createFiguresJob } from "./tend-figures";

const MINUTE_MS = 60_000;

/** Deletes, part by part, what nobody can ask for again: used assertions past their life, tries of signing in that count no more. */
export async function forgetExpired(context: Pick<ServiceContext, "store" | "clock">): Promise<void> {
  const nowMs = context.clock.nowMs();
  for (const forget of [forgetAssertions, forgetOldAttempts]) {
    const forgetSome = () => context.store.transaction(({ db }) => forget(db, nowMs, FORGOTTEN_AT_ONCE));
    while ((await forgetSome()) === FORGOTTEN_AT_ONCE);
  }
}
/** So many rows at once, so that others have the store in between. */
const FORGOTTEN_AT_ONCE = 500;

async function forgetAssertions(db: Database, nowMs: number, most: number): Promise<number> {
  const { jti, expiresAt } = usedAssertions;
  const over = db
    .select({ jti })
    .from(usedAssertions)
    .where(lt(expiresAt, new Date(nowMs)));
  const rows = await db
    .delete(usedAssertions)
    .where(inArray(jti, over.orderBy(expiresAt).limit(most)))
    .returning({ jti });
  return rows.length;
}

async function forgetTelemetry(context: ServiceContext): Promise<void> {
  await dropPastDays(context.store, context);
  await forgetCauses(context.store, context.clock.nowMs());
}

/** One that answers true where there is more to do at once runs again, if it says so. */
type HousekeepingJob = { name: JobName; everyMs: number; run(): Promise<unknown>; goesOn?: true };

/**
 * What the server does by itself: takes keysets of the ceremony, signs the end of the audit log, signs again what runs out,
 * keeps bundles as files, folds telemetry, sees what decisions mended, forgets what is over. What goes by how old something is waits while a jump of this
 * machine's clock awaits a confirmation: a wrong clock takes nothing away.
 */
export function housekeepingJobs(context: ServiceContext, keysDir: string): HousekeepingJob[] {
  // What is signed waits for nothing that only tidies up.
  const deciding = context.store.in("decide");
  const tending = { ...context, store: context.store.in("tend") };
  const turns = newFoldTurns();
  const judging = newJudgeTurns();
  const byTime = (run: () => Promise<unknown>) => async () => {
    if ((await awaitedJump(tending.store.db, context)) === null) await run();
  };
  return [
    { name: "keyset_inbox", everyMs: 5_000, run: () => takeKeysetInbox(deciding, context, keysDir) },
    { name: "clock", everyMs: MINUTE_MS, run: () => measureClock(deciding, context) },
    { name: "audit_heads", everyMs: MINUTE_MS, run: () => context.heads.tend(deciding) },
    { name: "resign", everyMs: 5 * MINUTE_MS, run: () => resignDocuments(deciding, context) },
    { name: "bundle_files", everyMs: MINUTE_MS, run: byTime(() => tendBundles(tending)) },
    { name: "journal", everyMs: MINUTE_MS, run: () => tending.store.tendJournal(), goesOn: true },
    { name: "fold", everyMs: 10_000, run: byTime(() => foldTelemetry(tending.store, tending, turns)) },
    { name: "judge_causes", everyMs: 10_000, run: () => judgeCauses(tending.store, tending, judging) },
    { name: "past_days", everyMs: 10 * MINUTE_MS, run: byTime(() => forgetTelemetry(tending)) },
    { name: "figures", everyMs: 10 * MINUTE_MS, run: createFiguresJob(tending) },
    { name: "forget", everyMs: 10 * MINUTE_MS, run: byTime(() => forgetExpired(tending)) },
  ];
}

/** After so many failures in a row a job is tried again after this time: 5 s, then twice as long each time, with a jitter. */
const retryAfterMs = (failures: number, chance: number): number => RETRY_MS * 2 ** (failures - 1) * (0.75 + chance / 2);
const RETRY_MS = 5_000;

/**
 * Runs the jobs, each by itself. One that fails is logged and tried again soon, later each time, and at its next turn. Where documents are to be looked
 * at again, or a keyset is offered, what is due is signed at once: a device may have handed back a suspension. Answers with
 * the function that stops it and waits.
 */
export function startHousekeeping(context: ServiceContext, keysDir: string, log: JobLog): () => Promise<void> {
  const running = new Set<Promise<unknown>>();
  const retries = new Map<JobName, NodeJS.Timeout>();
  let isStopping = false;
  const clockwork = housekeepingJobs(context, keysDir).map(({ name, everyMs, run, goesOn }) => {
    let isBusy = false;
    let isAskedAgain = false;
    let failures = 0;
    const start = () => {
      if (isBusy || isStopping) return;
      isBusy = true;
      isAskedAgain = false;
      const turn: Promise<unknown> = log
        .run(name, run)
        .then(
          (isMore) => {
            failures = 0;
            if (goesOn === true && isMore === true) isAskedAgain = true;
          },
          (error: unknown) => {
            context.logger("error", "housekeeping_failed", { job: name, error });
            failures += 1;
            const waitMs = retryAfterMs(failures, Math.random());
            if (waitMs >= everyMs || isStopping) return;
            clearTimeout(retries.get(name));
            retries.set(name, setTimeout(start, waitMs));
          },
        )
        .finally(() => {
          isBusy = false;
          running.delete(turn);
          if (isAskedAgain) start();
        });
      running.add(turn);
    };
    /** Whoever asks while it runs may ask for what it has looked at already: it runs once more. */
    const ask = () => {
      isAskedAgain = true;
      start();
    };
    return { name, ask, timer: setInterval(start, everyMs) };
  });
  const stopListening = context.store.subscribe((heard) => {
    if (heard.topic !== "documents") return;
    // A publish signed a head, which is copied into the day's file.
    for (const { name, ask } of clockwork) if (name === "audit_heads" || name === "judge_causes") ask();
    if (heard.documents.length > 0 && heard.documents.every(({ kind }) => kind !== "keyset")) return;
    for (const { name, ask } of clockwork) if (name === "resign") ask();
  });
  return async () => {
    isStopping = true;
    stopListening();
    for (const { timer } of clockwork) clearInterval(timer);
    for (const timer of retries.values()) clearTimeout(timer);
    await Promise.all(running);
  };
}
