import type { KeysetClaims, PlatformClaims, ProgramClaims } from "../shapes/claims";
import { storedTime } from "./clock";
import { platformInForce, programInForce } from "./in-force";
import { keysetOf, newestProgram } from "./keeper";
import type { PolicyMaker, ProgramPolicies } from "./policies";
import type { Turn } from "./turn";

/** What a device enforces by now: before its first start nothing. */
export type DeviceView = {
  readonly keyset: KeysetClaims | undefined;
  /** The documents in force. */
  readonly platform: PlatformClaims | undefined;
  program(appId: string): ProgramClaims | undefined;
  /** By what a program may be started, where all of them allow it: its document in force, then what is newer. */
  documentsOf(appId: string): readonly ProgramClaims[];
  policiesOf(appId: string): ProgramPolicies;
  /** Time for documents in force (spec 4.29) at these readings of the two clocks, in whole seconds. */
  timeAt(wallMs: number, monoMs: number): number;
};

const NOTHING: DeviceView = {
  keyset: undefined,
  platform: undefined,
  program: () => undefined,
  documentsOf: () => [],
  policiesOf: () => ({ inForce: undefined, newer: undefined }),
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
    documentsOf(appId) {
      const inForce = programInForce(turn, appId);
      return inForce === undefined ? [] : [...new Set([inForce, newestProgram(turn, appId) ?? inForce])];
    },
    policiesOf: (appId) => policies(turn, appId),
    timeAt(wall, monoMs) {
      const mono = Math.max(live.clock.mono, monoMs);
      return storedTime({ trust: state.trust, live: { ...live, clock: { ...live.clock, wall, mono } } });
    },
  };
}
