import { count, eq, sql } from "drizzle-orm";
import { credentials, people, signInLinks } from "@/db/schema";
import type { Database, Transaction } from "@/db/store";
import { appendAudit } from "@/lib/audit/append-audit";
import type { SignInLinkPurpose } from "@/lib/domain/lifecycles";
import { AppError } from "@/lib/platform/errors";
import { completeSetUp } from "./complete-set-up";
import type { AuthContext } from "./context";
import { createLink, endLinks, findLink, takeLink } from "./links";
import { PASSWORD_LENGTH_MAX, PASSWORD_LENGTH_MIN } from "./password";
import { endSessionsOf } from "./sessions";

type Person = typeof people.$inferSelect;

export type LinkView = {
  purpose: SignInLinkPurpose;
  person: { name: string; email: string; role: string } | null;
  expiresAt: Date;
};

const GONE = "This link was used, or has expired.";

/** What a link is for. Looking does not use it up. Raises `not_found` for a link that can no longer be used. */
export async function readLink(context: AuthContext, token: string): Promise<LinkView> {
  const link = await findLink(context.store.db, token, context.clock.nowMs());
  if (link === undefined) throw new AppError("not_found", GONE);
  const person = link.personId === null ? undefined : await findPerson(context.store.db, link.personId);
  return {
    purpose: link.purpose,
    person: person === undefined ? null : { name: person.name, email: person.email, role: person.role },
    expiresAt: link.expiresAt,
  };
}

/**
 * Uses a set-up, invitation or reset link: sets the password, and for set-up creates the first admin. Answers with the
 * e-mail to sign in with. Raises `not_found` for a link that is gone, `invalid_input` for what cannot be taken and
 * `unavailable` while too many passwords are hashed; the link is then still good. Earlier sessions of the person end (ASVS 7.4.3).
 */
export async function acceptLink(
  context: AuthContext,
  input: { token: string; password: string; name?: string; email?: string },
): Promise<{ email: string }> {
  const length = [...input.password].length;
  if (length < PASSWORD_LENGTH_MIN || length > PASSWORD_LENGTH_MAX) {
    throw new AppError("invalid_input", `A password has ${PASSWORD_LENGTH_MIN} to ${PASSWORD_LENGTH_MAX} characters.`, {
      details: [{ path: "/password", code: "FORMAT", message: `At least ${PASSWORD_LENGTH_MIN} characters.` }],
    });
  }
  const nowMs = context.clock.nowMs();
  // Before the hash: nobody without a link makes this process work.
  if ((await findLink(context.store.db, input.token, nowMs)) === undefined) throw new AppError("not_found", GONE);
  const passwordHash = await context.passwords.hash(input.password);
  return context.store.transaction(async (tx) => {
    const link = await takeLink(tx.db, input.token, nowMs);
    if (link === undefined || link.purpose === "development") throw new AppError("not_found", GONE);
    const person =
      link.purpose === "setup" ? await createFirstAdmin(tx, context, input) : await activate(tx, link.personId);
    await tx.db
      .insert(credentials)
      .values({ personId: person.id, passwordHash, changedAt: new Date(nowMs) })
      .onConflictDoUpdate({
        target: credentials.personId,
        // It only rises, whatever the clock does: the store's journal voids what is older than the newest.
        set: {
          passwordHash,
          changedAt: sql`greatest(excluded.changed_at, ${credentials.changedAt} + interval '1 ms')`,
        },
      });
    await endSessionsOf(tx.db, person.id, nowMs);
    await endLinks(tx.db, person.id, nowMs);
    await appendAudit(tx, context, {
      actor: { kind: "system", name: "sign-in" },
      action: "link.use",
      subject: `person:${person.id}`,
      after: { purpose: link.purpose },
    });
    await completeSetUp(tx, context);
    tx.announce({ topic: "people" });
    tx.announce({ topic: "sessions" });
    return { email: person.email };
  });
}

/** The link that the first start prints: null once anybody is there. A newer start's link ends the older one. */
export async function ensureSetupLink(context: AuthContext): Promise<string | null> {
  const nowMs = context.clock.nowMs();
  return context.store.transaction(async (tx) => {
    const [counted] = await tx.db.select({ people: count() }).from(people);
    if ((counted?.people ?? 0) > 0) return null;
    await tx.db.delete(signInLinks).where(eq(signInLinks.purpose, "setup"));
    const { token } = await createLink(tx.db, { purpose: "setup", personId: null }, nowMs);
    return `${context.config.baseUrl}/link/${token}`;
  });
}

async function createFirstAdmin(
  tx: Transaction,
  context: AuthContext,
  input: { name?: string; email?: string },
): Promise<Person> {
  const name = (input.name ?? "").trim();
  const email = (input.email ?? "").trim();
  if (name.length === 0 || name.length > 100 || email.length > 254 || !/^[^\s@]+@[^\s@]+$/.test(email)) {
    throw new AppError("invalid_input", "A name and an e-mail are needed.", {
      details: [{ path: name.length === 0 ? "/name" : "/email", code: "FORMAT", message: "Needed to sign in." }],
    });
  }
  const [counted] = await tx.db.select({ people: count() }).from(people);
  if ((counted?.people ?? 0) > 0) throw new AppError("not_found", GONE);
  const [person] = await tx.db
    .insert(people)
    .values({
      id: context.ids.next("person"),
      email,
      name,
      role: "admin",
      publisherId: null,
      state: "active",
      createdAt: new Date(context.clock.nowMs()),
    })
    .returning();
  if (person === undefined) throw new AppError("internal", "Something went wrong on our side.");
  return person;
}

async function activate(tx: Transaction, personId: string | null): Promise<Person> {
  const found = personId === null ? undefined : await findPerson(tx.db, personId);
  if (found === undefined || found.state === "disabled" || found.signInLockedAt !== null)
    throw new AppError("not_found", GONE);
  const [person] = await tx.db.update(people).set({ state: "active" }).where(eq(people.id, found.id)).returning();
  return person ?? found;
}

async function findPerson(db: Database, personId: string): Promise<Person | undefined> {
  const [person] = await db.select().from(people).where(eq(people.id, personId)).limit(1);
  return person;
}
