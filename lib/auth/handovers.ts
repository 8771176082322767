import { and, eq, gt, isNull, sql } from "drizzle-orm";
import { handovers } from "@/db/schema";
import type { Database, Transaction } from "@/db/store";
import { appendAudit } from "@/lib/audit/append-audit";
import { isDecidingRole } from "@/lib/domain/kinds/person";
import type { Actor, Role } from "@/lib/domain/roles";
import type { AuthContext } from "./context";
import { createLink, endLinks } from "./links";
import { codeHmac, isCode, makeCode } from "./sign-in-code";

/** How long the halves of a sign-in are good, from the decision that gave it on. */
const LIFE_MS = { invite: 72 * 60 * 60 * 1000, reset: 24 * 60 * 60 * 1000 } as const;

/** So many wrong codes end it. */
export const CODE_TRIES_MAX = 5;

export type Handover = typeof handovers.$inferSelect;
/** Who gets which half. One person has both in set-up alone, where nobody else could approve. */
export type Givers = { linkTo: string; codeTo: string };

type HandoverContext = Pick<AuthContext, "clock" | "ids"> & {
  config: Pick<AuthContext["config"], "authSecret" | "isDevelopmentStore">;
};

/**
 * Whether a password of this role is set by two halves: its person may propose or approve, and could otherwise be played by
 * whoever gets the link (spec 6.8). Links are whole in stores that were made for development, and in no others.
 */
export function isHalved(role: Role, config: { isDevelopmentStore: boolean }): boolean {
  return isDecidingRole(role) && !config.isDevelopmentStore;
}

/**
 * Whether a link is half of what sets a password. One that was made as a half stays one, whatever role its person has by
 * now; one that was made whole sets none for a person who has come to decide.
 */
export async function needsCode(
  db: Database,
  config: { isDevelopmentStore: boolean },
  link: { tokenSha256: string },
  { role }: { role: Role },
): Promise<boolean> {
  if (isHalved(role, config)) return true;
  const [half] = await db
    .select({ of: handovers.personId })
    .from(handovers)
    .where(eq(handovers.tokenSha256, link.tokenSha256));
  return half !== undefined;
}

/** Gives a sign-in in two halves; neither is made before it is asked for. Every earlier link and half ends. Audited. */
export async function beginHandover(
  tx: Transaction,
  ctx: HandoverContext,
  actor: Actor,
  given: Givers & { personId: string; purpose: Handover["purpose"]; changeSetId: string | null },
): Promise<Handover> {
  const nowMs = ctx.clock.nowMs();
  await endLinks(tx.db, given.personId, nowMs);
  const row: Handover = {
    ...given,
    tokenSha256: null,
    codeHmac: null,
    tries: 0,
    createdAt: new Date(nowMs),
    expiresAt: new Date(nowMs + LIFE_MS[given.purpose]),
    endedAt: null,
  };
  await tx.db.insert(handovers).values(row).onConflictDoUpdate({ target: handovers.personId, set: row });
  const { purpose, linkTo, codeTo, changeSetId, expiresAt } = row;
  await appendAudit(tx, ctx, {
    actor,
    action: "signIn.give",
    subject: `person:${given.personId}`,
    changeSetId,
    after: { purpose, givenBy: linkTo === codeTo ? "one" : "two", linkTo, codeTo, expiresAt },
  });
  tx.announce({ topic: "people" });
  return row;
}

/** Not used, not ended, and not over: the fifth wrong code ends it in the transaction that counts it. */
export const isOpen = (nowMs: number) => and(isNull(handovers.endedAt), gt(handovers.expiresAt, new Date(nowMs)));

/** The sign-in that a person is being given; undefined where there is none, or it has ended. */
export async function findHandover(db: Database, personId: string, nowMs: number): Promise<Handover | undefined> {
  const [row] = await db
    .select()
    .from(handovers)
    .where(and(eq(handovers.personId, personId), isOpen(nowMs)));
  return row;
}

/** Makes the half that is a link; the caller has seen that nobody was shown it. Its token is answered this one time. */
export async function makeLinkHalf(db: Database, { personId, purpose, expiresAt }: Handover, nowMs: number) {
  const { token, tokenSha256 } = await createLink(db, { purpose, personId, expiresAt }, nowMs);
  await db.update(handovers).set({ tokenSha256 }).where(eq(handovers.personId, personId));
  return { token, expiresAt };
}

/** The same for the half that is a code. */
export async function makeCodeHalf(db: Database, ctx: HandoverContext, { personId }: Handover): Promise<string> {
  const code = makeCode();
  const kept = codeHmac(ctx.config.authSecret, personId, code);
  await db.update(handovers).set({ codeHmac: kept }).where(eq(handovers.personId, personId));
  return code;
}

export type TriedCode =
  | { result: "right"; isByTwo: boolean }
  | { result: "wrong"; triesLeft: number }
  | { result: "over" };

/**
 * Looks at a code that came with a link. It is counted first, and counting waits for whoever else tries, so that however
 * many try at once five are looked at. The fifth wrong one ends link and code. Commit whatever it answers. Audited.
 */
export async function tryCode(
  tx: Transaction,
  ctx: HandoverContext,
  link: { tokenSha256: string; personId: string },
  code: string,
): Promise<TriedCode> {
  const nowMs = ctx.clock.nowMs();
  const { personId, tokenSha256 } = link;
  const [counted] = await tx.db
    .update(handovers)
    .set({ tries: sql`${handovers.tries} + 1` })
    .where(and(eq(handovers.personId, personId), eq(handovers.tokenSha256, tokenSha256), isOpen(nowMs)))
    .returning();
  if (counted === undefined) return { result: "over" };
  if (isCode(counted.codeHmac, codeHmac(ctx.config.authSecret, personId, code))) {
    return { result: "right", isByTwo: counted.linkTo !== counted.codeTo };
  }
  const triesLeft = CODE_TRIES_MAX - counted.tries;
  const entry = {
    actor: { kind: "system", name: "sign-in" },
    subject: `person:${personId}`,
    changeSetId: counted.changeSetId,
  } as const;
  await appendAudit(tx, ctx, { ...entry, action: "code.refuse", after: { triesLeft } });
  if (triesLeft === 0) {
    await endLinks(tx.db, personId, nowMs);
    await appendAudit(tx, ctx, { ...entry, action: "signIn.end", reason: `${CODE_TRIES_MAX} wrong codes` });
    tx.announce({ topic: "people" });
  }
  return { result: "wrong", triesLeft };
}
