import type { Clock } from "@/lib/platform/clock";
import type { Ids } from "@/lib/platform/ids";
import type { Logger } from "@/lib/platform/logger";
import type { PolicySigner } from "./signer";

/** What the policy service needs of the process around it; the services' context has all of it. */
export type SyncContext = {
  clock: Clock;
  ids: Ids;
  logger: Logger;
  signer: PolicySigner;
};

/** Whole seconds since 1970, as documents count. */
export function nowSeconds(clock: Clock): number {
  return Math.floor(clock.nowMs() / 1000);
}
