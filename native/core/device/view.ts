import type { KeysetClaims, PlatformClaims, ProgramClaims } from "../shapes/claims";
import { storedTime } from "./clock";
import type { Narrowed } from "./effects";
import { narrowedNow, platformInForce, programInForce } from "./in-force";
import { keysetOf } from "./keeper";
import type { PolicyMaker, ProgramPolicies } from "./policies";
import type { Turn } from "./turn";

/** What a device enforces by now: before its first start nothing. */
export type DeviceView = {
  readonly keyset: KeysetClaims | undefined;
  /** The documents in force. */
  readonly platform: PlatformClaims | undefined;
  program(appId: string): ProgramClaims | undefined;
  policiesOf(appId: string): ProgramPolicies;
  readonly narrowed: Narrowed;
  /** Time for documents in force (spec 4.29) at these readings of the two clocks, in whole seconds. */
  timeAt(wallMs: number, monoMs: number): number;
};

const NOTHING: DeviceView = {
  keyset: undefined,
  platform: undefined,
  program: () => undefined,
  policiesOf: () => ({ inForce: undefined, newer: undefined }),
  narrowed: { suspended: [], blockedHosts: [], stopped: [] },
  timeAt: (wallMs) => Math.floor(wallMs / 1000),
};

export function viewOf(turn: Turn | null, policies: PolicyMaker): DeviceView {
  if (turn === null) return NOTHING;
  const { state, live } = turn;
  return {
    get keyset() {
      return keysetOf(turn);
    },
    get platform() {
      return platformInForce(turn);
    },
    program: (appId) => programInForce(turn, appId),
    policiesOf: (appId) => policies(turn, appId),
    get narrowed() {
      return narrowedNow(turn);
    },
    timeAt(wall, monoMs) {
      const mono = Math.max(live.clock.mono, monoMs);
      return storedTime({ trust: state.trust, live: { ...live, clock: { ...live.clock, wall, mono } } });
    },
  };
}
