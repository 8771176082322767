import { eq, sql } from "drizzle-orm";
import { credentials, identities, people } from "@/db/schema";
import type { Transaction } from "@/db/store";
import { beginHandover, type Givers, isHalved } from "@/lib/auth/handovers";
import { endLinks } from "@/lib/auth/links";
import { type Edit, type PolicyState, viewOf } from "@/lib/domain/policy-state";
import type { Actor } from "@/lib/domain/roles";
import type { ServiceContext } from "../context";

export type GivenStep = {
  edits: readonly Edit[];
  /** What was published before them. */
  state: PolicyState;
  changeSetId: string;
  /** Who gets the halves; null where nobody proposed and another approved, outside of set-up. */
  givers: Givers | null;
};

/** What no password has: neither scheme nor salt. */
const NO_PASSWORD = "none";

/**
 * After members were written: gives a sign-in in two halves to whoever they invite to propose or approve, bring to it, or
 * reset. Whoever is brought to it keeps a password only if it came by two people's halves or by the set-up link: another
 * that one person may know is ended, so that nobody raises an account of their own making.
 */
export async function giveSignIns(tx: Transaction, ctx: ServiceContext, actor: Actor, step: GivenStep): Promise<void> {
  const before = viewOf(step.state);
  for (const { entry } of step.edits) {
    if (entry === null || (entry.kind !== "person" && entry.kind !== "sign-in")) continue;
    const { personId } = entry.member;
    const [person] = await tx.db.select().from(people).where(eq(people.id, personId));
    if (person === undefined || !isHalved(person.role, ctx.config)) continue;
    if (entry.kind === "person") {
      const old = before.value(entry.member);
      if (old !== null && isHalved(old.role, ctx.config)) continue;
      if (old !== null && !(await isToBeGiven(tx, ctx, person))) continue;
    }
    if (step.givers === null || person.state === "disabled") continue;
    await beginHandover(tx, ctx, actor, {
      ...step.givers,
      personId,
      purpose: person.state === "invited" ? "invite" : "reset",
      changeSetId: step.changeSetId,
    });
  }
}

type Person = typeof people.$inferSelect;

/** Ends what one person may know of the sign-in of somebody who comes to decide. Answers whether a new one is needed. */
async function isToBeGiven(tx: Transaction, ctx: ServiceContext, { id, signInGivenBy }: Person): Promise<boolean> {
  await endLinks(tx.db, id, ctx.clock.nowMs());
  if (signInGivenBy === "two" || signInGivenBy === "setup") return false;
  await tx.db
    .update(credentials)
    .set({
      passwordHash: NO_PASSWORD,
      // It only rises, as for every change of a password.
      changedAt: sql`greatest(${new Date(ctx.clock.nowMs()).toISOString()}::timestamptz, ${credentials.changedAt} + interval '1 ms')`,
    })
    .where(eq(credentials.personId, id));
  await tx.db.update(people).set({ signInGivenBy: null }).where(eq(people.id, id));
  const [linked] = await tx.db
    .select({ of: identities.personId })
    .from(identities)
    .where(eq(identities.personId, id))
    .limit(1);
  return linked === undefined;
}
