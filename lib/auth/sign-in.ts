import { and, eq, sql } from "drizzle-orm";
import { credentials, identities, people } from "@/db/schema";
import type { Database, Transaction } from "@/db/store";
import { appendAudit } from "@/lib/audit/append-audit";
import { AppError } from "@/lib/platform/errors";
import { completeSetUp } from "./complete-set-up";
import type { AuthContext } from "./context";
import { endLinks, takeLink } from "./links";
import { maySignIn } from "./may-sign-in";
import { endSession, type SessionOrigin, startSession } from "./sessions";
import { admitAttempt, clearAttempts, forgetAttempt } from "./throttle";

export type SignedIn = { personId: string; name: string; email: string; sessionId: string };
export type ClientOrigin = Pick<SessionOrigin, "address" | "userAgent"> & {
  /** The session that this browser had until now; it ends with the sign-in that takes its place. */
  heldSessionId?: string | null;
};

type Person = typeof people.$inferSelect;

/** One answer for a wrong password, an unknown account, a disabled and a locked one, so that none can be told from another. */
const REFUSED = "This e-mail and password do not match an account.";

/**
 * Signs in a local account. Raises `unauthenticated` for any mismatch, `limit_exceeded` while throttled and
 * `unavailable` while too many passwords are checked. A try is counted before its password is looked at; a failure is
 * audited without the password or whether the account exists.
 */
export async function signInWithPassword(
  context: AuthContext,
  input: { email: string; password: string },
  client: ClientOrigin,
): Promise<SignedIn> {
  const email = input.email.trim().slice(0, 254);
  const attempt = await admitAttempt(context, email, client.address);
  const person = await findPersonByEmail(context.store.db, email);
  const [credential] = person
    ? await context.store.db.select().from(credentials).where(eq(credentials.personId, person.id)).limit(1)
    : [];
  const matches = await context.passwords
    .matches(input.password, credential?.passwordHash ?? null)
    .catch(async (error: unknown) => {
      await forgetAttempt(context.store, attempt);
      throw error;
    });
  if (!matches || person === undefined || !maySignIn(person)) {
    await context.store.transaction(async (tx) => {
      await appendAudit(tx, context, {
        actor: { kind: "system", name: "sign-in" },
        action: "session.signInFailed",
        subject: person === undefined ? "person:unknown" : `person:${person.id}`,
      });
    });
    throw new AppError("unauthenticated", REFUSED);
  }
  return context.store.transaction(async (tx) => {
    await clearAttempts(tx.db, attempt);
    return begin(tx, context, person, "password", client);
  });
}

/** Signs in by a one-time link: an invitation or reset once its password is set, or the demo's. */
export async function signInWithLink(
  context: AuthContext,
  input: { token: string },
  client: ClientOrigin,
): Promise<SignedIn> {
  const nowMs = context.clock.nowMs();
  return context.store.transaction(async (tx) => {
    const link = await takeLink(tx.db, input.token, nowMs);
    const [person] = link?.personId
      ? await tx.db.select().from(people).where(eq(people.id, link.personId)).limit(1)
      : [];
    const isTaken = link?.purpose === "development" && context.config.isDevelopmentStore;
    if (!isTaken || person === undefined || !maySignIn(person)) {
      throw new AppError("unauthenticated", "This link was used, or has expired.");
    }
    return begin(tx, context, person, "link", client);
  });
}

/**
 * Signs in an account of the identity provider. It must be linked already, or carry the verified e-mail of an invited
 * person who has no other way to sign in yet: that first sign-in links it. Anything else is `unauthenticated`; linking
 * another's sign-in is a widening (contract §6) and is never done here.
 */
export async function signInWithProvider(
  context: AuthContext,
  account: { issuer: string; subject: string; email: string | null; isEmailVerified: boolean },
  client: ClientOrigin,
): Promise<SignedIn> {
  return context.store.transaction(async (tx) => {
    const [linked] = await tx.db
      .select({ person: people })
      .from(identities)
      .innerJoin(people, eq(people.id, identities.personId))
      .where(and(eq(identities.issuer, account.issuer), eq(identities.subject, account.subject)))
      .limit(1);
    const person = linked?.person ?? (await linkInvited(tx, context, account));
    if (person === undefined || !maySignIn(person)) {
      throw new AppError("unauthenticated", "This account is not known here.");
    }
    return begin(tx, context, person, "oidc", client);
  });
}

async function linkInvited(
  tx: Transaction,
  context: AuthContext,
  account: { issuer: string; subject: string; email: string | null; isEmailVerified: boolean },
): Promise<Person | undefined> {
  if (account.email === null || !account.isEmailVerified) return undefined;
  const invited = await findPersonByEmail(tx.db, account.email);
  if (invited?.state !== "invited" || invited.signInLockedAt !== null) return undefined;
  const linkedAt = new Date(context.clock.nowMs());
  await tx.db
    .insert(identities)
    .values({ issuer: account.issuer, subject: account.subject, personId: invited.id, linkedAt });
  const [person] = await tx.db.update(people).set({ state: "active" }).where(eq(people.id, invited.id)).returning();
  await appendAudit(tx, context, {
    actor: { kind: "system", name: "sign-in" },
    action: "person.linkIdentity",
    subject: `person:${invited.id}`,
    after: { issuer: account.issuer },
  });
  // The invitation is used up: its link must not set a password beside the provider.
  await endLinks(tx.db, invited.id, linkedAt.getTime());
  await completeSetUp(tx, context);
  tx.announce({ topic: "people" });
  return person;
}

async function begin(
  tx: Transaction,
  context: AuthContext,
  person: Person,
  method: SessionOrigin["method"],
  client: ClientOrigin,
): Promise<SignedIn> {
  const { address, userAgent, heldSessionId = null } = client;
  const nowMs = context.clock.nowMs();
  const origin = { method, address, userAgent };
  const sessionId = await startSession(tx.db, context.ids, { personId: person.id, origin }, nowMs);
  const heldBy = heldSessionId === null ? null : await endSession(tx.db, heldSessionId, nowMs);
  if (heldBy !== null) {
    await appendAudit(tx, context, {
      actor: { kind: "system", name: "sign-in" },
      action: "session.end",
      subject: `person:${heldBy}`,
      after: { because: "replaced", by: `person:${person.id}` },
    });
  }
  await appendAudit(tx, context, {
    actor: {
      kind: "person",
      personId: person.id,
      name: person.name,
      email: person.email,
      role: person.role,
      publisherId: person.publisherId,
      sessionId,
    },
    action: "session.signIn",
    subject: `person:${person.id}`,
    after: { method },
  });
  tx.announce({ topic: "sessions" });
  return { personId: person.id, name: person.name, email: person.email, sessionId };
}

export async function findPersonByEmail(db: Database, email: string): Promise<Person | undefined> {
  const [person] = await db
    .select()
    .from(people)
    .where(sql`lower(${people.email}) = ${email.trim().toLowerCase()}`)
    .limit(1);
  return person;
}
