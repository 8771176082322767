import { and, desc, eq, gt, inArray, isNull } from "drizzle-orm";
import { lockPlatform } from "@/db/lock-platform";
import { auditEntries, credentials, handovers, people, signInLinks } from "@/db/schema";
import type { Store, Transaction } from "@/db/store";
import { appendAudit } from "@/lib/audit/append-audit";
import { isHalved } from "@/lib/auth/handovers";
import { endLinks } from "@/lib/auth/links";
import type { ServiceContext } from "../context";

type SettleContext = Pick<ServiceContext, "clock" | "ids">;
type Options = { isDevelopmentStore: boolean };

const BEFORE_HALVES = "It was made whole, before such sign-ins were given in two halves. Give it anew.";

/**
 * Brings sign-ins from before they were given in two halves into line (spec 6.8): passwords get through whose hands they
 * came, as the audit log has it, and open links of people who may propose or approve end, audited as `signIn.end`. Done at
 * every start, as `settleMakers` is. Answers with what people should know.
 */
export async function settleSignIns(store: Store, ctx: SettleContext, options: Options): Promise<string[]> {
  // Such a store's links are whole, and its people of the demo came by no hands at all.
  if (options.isDevelopmentStore) return [];
  return store.transaction(async (tx) => {
    await lockPlatform(tx);
    await noteGivers(tx);
    return endWholeLinks(tx, ctx, options);
  });
}

async function noteGivers(tx: Transaction): Promise<void> {
  const unknown = await tx.db
    .select({ id: people.id })
    .from(people)
    .innerJoin(credentials, eq(credentials.personId, people.id))
    .where(isNull(people.signInGivenBy));
  for (const { id } of unknown) {
    const [used] = await tx.db
      .select({ after: auditEntries.after })
      .from(auditEntries)
      .where(and(eq(auditEntries.action, "link.use"), eq(auditEntries.subject, `person:${id}`)))
      .orderBy(desc(auditEntries.sequence))
      .limit(1);
    const isSetup = (used?.after as { purpose?: unknown } | null | undefined)?.purpose === "setup";
    await tx.db
      .update(people)
      .set({ signInGivenBy: isSetup ? "setup" : "one" })
      .where(eq(people.id, id));
  }
}

async function endWholeLinks(tx: Transaction, ctx: SettleContext, options: Options): Promise<string[]> {
  const nowMs = ctx.clock.nowMs();
  const open = await tx.db
    .selectDistinct({ id: people.id, name: people.name, email: people.email, role: people.role })
    .from(signInLinks)
    .innerJoin(people, eq(people.id, signInLinks.personId))
    .leftJoin(handovers, eq(handovers.tokenSha256, signInLinks.tokenSha256))
    .where(
      and(
        inArray(signInLinks.purpose, ["invite", "reset"]),
        isNull(signInLinks.usedAt),
        gt(signInLinks.expiresAt, new Date(nowMs)),
        isNull(handovers.personId),
      ),
    );
  const notices: string[] = [];
  for (const { id, name, email, role } of open) {
    if (!isHalved(role, options)) continue;
    await endLinks(tx.db, id, nowMs);
    await appendAudit(tx, ctx, {
      actor: { kind: "system", name: "upgrade" },
      action: "signIn.end",
      subject: `person:${id}`,
      reason: BEFORE_HALVES,
    });
    tx.announce({ topic: "people" });
    notices.push(
      `The one-time link of ${name} (${email}) has ended: it was made before such sign-ins were given in two halves. Give it anew on the People page.`,
    );
  }
  return notices;
}
