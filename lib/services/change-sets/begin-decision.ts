import { lockPlatform } from "@/db/lock-platform";
import type { Transaction } from "@/db/store";
import { completeSetUp } from "@/lib/auth/complete-set-up";
import type { LeanContext } from "../context";

/**
 * Locks the platform, so that decisions are taken one after the other, and says whether set-up is over: from then on
 * giving people rights takes two.
 */
export async function beginDecision(tx: Transaction, ctx: LeanContext): Promise<{ isSetUpComplete: boolean }> {
  const { setUpAt } = await lockPlatform(tx);
  return { isSetUpComplete: setUpAt !== null || (await completeSetUp(tx, ctx)) };
}
