import type { Live, Trust } from "./state";

/**
 * The two times of spec 4.29, in whole seconds. A clock that was set back makes no expired document good again; a clock
 * that once jumped ahead refuses nothing for good.
 */
type Times = { trust: Trust; live: Live };

const seconds = (ms: number) => Math.floor(ms / 1000);

/** The clock alone: for a newer platform document whose `iat` lies below the last verified one. */
export const clockTime = (live: Live): number => seconds(live.clock.wall);

/** For documents that arrive: the clock and the last verified `iat`. */
export function receivedTime({ trust, live }: Times): number {
  return Math.max(clockTime(live), trust.time.lastVerifiedIat);
}

/** For documents that are held: the greatest of the clock, the last verified `iat` and the running mark. */
export function storedTime(times: Times): number {
  const { before } = times.live;
  const newest = currentTime(times);
  return before === null
    ? newest
    : Math.max(newest, before.lastVerifiedIat, running(before.mark, before.markedAt, times));
}

/** The mark as it is to be stored now; it never falls by this. */
export function raiseMark(times: Times): void {
  const { trust, live } = times;
  trust.time.mark = currentTime(times);
  live.clock.markedAt = live.clock.mono;
}

/** A keyset or program document was verified and accepted: neither ever lowers the time. */
export function noteVerified({ trust }: Times, iat: number): void {
  trust.time.lastVerifiedIat = Math.max(trust.time.lastVerifiedIat, iat);
}

/**
 * A newer platform document was accepted: it alone sets the time, even downwards. Documents in force are judged by the
 * time before it as well until it is applied, since what is not stored must not make them good again.
 */
export function restartTime({ trust, live }: Times, iat: number): void {
  live.before ??= { ...trust.time, markedAt: live.clock.markedAt };
  trust.time = { lastVerifiedIat: iat, mark: iat };
  live.clock.markedAt = live.clock.mono;
}

function currentTime(times: Times): number {
  const { trust, live } = times;
  return Math.max(receivedTime(times), running(trust.time.mark, live.clock.markedAt, times));
}

function running(mark: number, markedAt: number, { live }: Times): number {
  return mark + Math.max(0, seconds(live.clock.mono - markedAt));
}
