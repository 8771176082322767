import type { HostClock } from "../ports";

/**
 * The two times of spec §4, in whole seconds. A clock that was set back can't make an expired document good again; a
 * clock that once jumped ahead can't refuse everything for good.
 */
export type PolicyTime = {
  /** For documents that are held: the greatest of the clock, the last verified `iat` and the running mark. */
  forStored(): number;
  /** For documents that arrive: clock and last verified `iat` alone. */
  forReceived(): number;
  /** The clock alone: for a newer platform document whose `iat` lies below the last verified one. */
  clock(): number;
  /** The mark as it is to be stored now, each minute; it never falls by this. */
  raiseMark(): number;
  /** A document was verified and accepted. */
  noteVerified(iat: number): void;
  /**
   * Sets last verified `iat` and mark, even downwards: an accepted newer platform document is the way back from a time
   * far ahead, and nothing else is.
   */
  restart(iat: number): void;
  readonly stored: { lastVerifiedIat: number; mark: number };
};

export function createPolicyTime(
  clock: HostClock,
  stored: { lastVerifiedIat: number; mark: number } = { lastVerifiedIat: 0, mark: 0 },
): PolicyTime {
  let { lastVerifiedIat, mark } = stored;
  let markedAtMs = clock.monotonicMs();
  const runningMark = () => mark + Math.max(0, Math.floor((clock.monotonicMs() - markedAtMs) / 1000));
  const clockSeconds = () => Math.floor(clock.nowMs() / 1000);
  const forReceived = () => Math.max(clockSeconds(), lastVerifiedIat);
  const forStored = () => Math.max(forReceived(), runningMark());
  const setMark = (to: number) => {
    mark = to;
    markedAtMs = clock.monotonicMs();
  };
  return {
    forStored,
    forReceived,
    clock: clockSeconds,
    raiseMark() {
      setMark(forStored());
      return mark;
    },
    noteVerified(iat) {
      lastVerifiedIat = Math.max(lastVerifiedIat, iat);
    },
    restart(iat) {
      lastVerifiedIat = iat;
      setMark(iat);
    },
    get stored() {
      return { lastVerifiedIat, mark };
    },
  };
}
