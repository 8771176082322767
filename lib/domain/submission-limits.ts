const MIB = 1024 * 1024;

/** What of one publisher may wait for a review, and how much it may hand in; as shipped. */
export const SUBMISSION_LIMITS = {
  /** Versions of one program that wait. */
  waitingOfProgram: 5,
  /** Versions of all its programs that wait. */
  waitingOfPublisher: 20,
  /** Bytes of the bundles that wait. */
  waitingBytes: 200 * MIB,
  /** Submissions within 24 hours, whatever became of them. */
  submittedADay: 100,
} as const;
export type SubmissionLimit = keyof typeof SUBMISSION_LIMITS;

/** How far each limit is used up. */
export type SubmissionUse = Record<SubmissionLimit, number>;

/** The first limit that one more bundle of this size would pass, times `factor`; null where there is room for it. */
export function passedLimit(
  used: SubmissionUse,
  bytes: number,
  factor: number,
): { limit: SubmissionLimit; max: number } | null {
  const more: SubmissionUse = { waitingOfProgram: 1, waitingOfPublisher: 1, waitingBytes: bytes, submittedADay: 1 };
  for (const limit of Object.keys(SUBMISSION_LIMITS) as SubmissionLimit[]) {
    const max = SUBMISSION_LIMITS[limit] * factor;
    if (used[limit] + more[limit] > max) return { limit, max };
  }
  return null;
}
