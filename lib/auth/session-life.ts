/** A session ends 12 hours after sign-in, or after 2 hours without a request (ASVS 7.3.1, 7.3.2). */
export const SESSION_LIFE_MS = 12 * 60 * 60 * 1000;
export const SESSION_IDLE_MS = 2 * 60 * 60 * 1000;
/** `last_seen_at` is written at most this often. */
export const SESSION_TOUCH_MS = 60 * 1000;

export function isSessionLive(
  session: { expiresAt: Date; lastSeenAt: Date; endedAt: Date | null },
  nowMs: number,
): boolean {
  return (
    session.endedAt === null &&
    nowMs < session.expiresAt.getTime() &&
    nowMs < session.lastSeenAt.getTime() + SESSION_IDLE_MS
  );
}
