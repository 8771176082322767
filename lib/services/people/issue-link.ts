import type { Transaction } from "@/db/store";
import { appendAudit } from "@/lib/audit/append-audit";
import { createLink, endLinks } from "@/lib/auth/links";
import type { Actor } from "@/lib/domain/roles";
import type { ServiceContext } from "../context";

/** Makes a person's one-time link; every earlier one ends. The link is answered this one time. Audited. */
export async function issueLink(
  tx: Transaction,
  ctx: ServiceContext,
  actor: Actor,
  options: { personId: string; purpose: "invite" | "reset" },
): Promise<{ link: string; expiresAt: string }> {
  const nowMs = ctx.clock.nowMs();
  await endLinks(tx.db, options.personId, nowMs);
  const { token, expiresAt } = await createLink(tx.db, options, nowMs);
  await appendAudit(tx, ctx, {
    actor,
    action: "link.create",
    subject: `person:${options.personId}`,
    after: { purpose: options.purpose, expiresAt },
    requestId: ctx.requestId ?? null,
  });
  tx.announce({ topic: "people" });
  return { link: `${ctx.config.baseUrl}/link/${token}`, expiresAt: expiresAt.toISOString() };
}
