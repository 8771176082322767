import { eq } from "drizzle-orm";
import { people, platform } from "@/db/schema";
import type { Transaction } from "@/db/store";
import { appendAudit } from "@/lib/audit/append-audit";
import { APPROVERS_NEEDED, countApprovers } from "@/lib/domain/approvers";
import type { Clock } from "@/lib/platform/clock";
import type { Ids } from "@/lib/platform/ids";

/**
 * Ends set-up, once and for good, when two people can approve (spec §6). Asked whenever somebody joined and before each
 * decision; the caller holds the platform's lock. Answers whether set-up is over.
 */
export async function completeSetUp(tx: Transaction, context: { clock: Clock; ids: Ids }): Promise<boolean> {
  const [place] = await tx.db.select({ setUpAt: platform.setUpAt }).from(platform);
  if (place === undefined || place.setUpAt !== null) return place !== undefined;
  const everybody = await tx.db.select().from(people);
  if (countApprovers(everybody) < APPROVERS_NEEDED) return false;
  await tx.db
    .update(platform)
    .set({ setUpAt: new Date(context.clock.nowMs()) })
    .where(eq(platform.id, 1));
  await appendAudit(tx, context, {
    actor: { kind: "system", name: "set-up" },
    action: "setup.complete",
    subject: "platform",
    after: { approvers: countApprovers(everybody) },
  });
  tx.announce({ topic: "people" });
  return true;
}
