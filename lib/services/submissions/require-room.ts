import { and, asc, eq, gt, or, sql } from "drizzle-orm";
import { versions } from "@/db/schema";
import type { Database } from "@/db/store";
import { passedLimit, type SubmissionLimit } from "@/lib/domain/submission-limits";
import { AppError } from "@/lib/platform/errors";

const DAY_MS = 24 * 60 * 60 * 1000;
/** Submissions that are named to whoever has to take one back. */
const NAMED_MAX = 5;

const megabytes = (bytes: number) => `${(bytes / 1024 ** 2).toFixed(1)} MiB`;

/** What is full, and by how much. */
const WORDS: Record<SubmissionLimit, (max: number) => string> = {
  waitingOfProgram: (max) => `${max} versions of one program may wait for a review`,
  waitingOfPublisher: (max) => `${max} versions of one publisher may wait for a review`,
  waitingBytes: (max) => `bundles of ${megabytes(max)} of one publisher may wait for a review`,
  submittedADay: (max) => `${max} submissions of one publisher are taken in 24 hours`,
};

/**
 * Raises `limit_exceeded` where one more bundle of this size would pass what a publisher may have waiting, with what
 * waits. Asked behind the lock, so that two at once do not pass it together.
 */
export async function requireRoom(
  db: Database,
  asked: { publisherId: string; appId: string; bytes: number; factor: number; nowMs: number },
): Promise<void> {
  const { publisherId, appId, bytes, factor, nowMs } = asked;
  const rows = await db
    .select({
      submissionId: versions.submissionId,
      appId: versions.appId,
      sizeBytes: versions.sizeBytes,
      isWaiting: sql<boolean>`${versions.state} = 'submitted'`,
      isOfToday: sql<boolean>`${gt(versions.submittedAt, new Date(nowMs - DAY_MS))}`,
    })
    .from(versions)
    .where(
      and(
        eq(versions.publisherId, publisherId),
        or(eq(versions.state, "submitted"), gt(versions.submittedAt, new Date(nowMs - DAY_MS))),
      ),
    )
    .orderBy(asc(versions.submittedAt), asc(versions.submissionId));
  const waiting = rows.filter(({ isWaiting }) => isWaiting);
  const waitingBytes = waiting.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const used = {
    waitingOfProgram: waiting.filter((row) => row.appId === appId).length,
    waitingOfPublisher: waiting.length,
    waitingBytes,
    submittedADay: rows.filter(({ isOfToday }) => isOfToday).length,
  };
  const passed = passedLimit(used, bytes, factor);
  if (passed === null) return;
  const { limit, max } = passed;
  const named = waiting.slice(0, NAMED_MAX).map(({ submissionId }) => submissionId);
  const more = waiting.length > named.length ? ` and ${waiting.length - named.length} more` : "";
  const what = waiting.length === 0 ? "Nothing waits" : `There wait ${named.join(", ")}${more}`;
  const todo =
    limit === "submittedADay" ? "Send it tomorrow." : "Take one back (DELETE submissions/ID), or await its review.";
  throw new AppError(
    "limit_exceeded",
    `No more than ${WORDS[limit](max)}. ${what} (${megabytes(waitingBytes)}). Nothing was taken in, and what is listed is not affected. ${todo}`,
    {
      details: [{ path: "", code: limit, message: `${used[limit]} of ${max}` }],
      extra: { limit, used: used[limit], max },
    },
  );
}
