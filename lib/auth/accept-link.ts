import { count, eq, sql } from "drizzle-orm";
import { credentials, people, platform, signInLinks } from "@/db/schema";
import type { Database, Transaction } from "@/db/store";
import { appendAudit } from "@/lib/audit/append-audit";
import { person as personKind } from "@/lib/domain/kinds/person";
import { plainWhereNew } from "@/lib/domain/kinds/plain-name";
import type { SignInGiver, SignInLinkPurpose } from "@/lib/domain/lifecycles";
import { AppError } from "@/lib/platform/errors";
import { completeSetUp } from "./complete-set-up";
import type { AuthContext } from "./context";
import { needsCode, tryCode } from "./handovers";
import { createLink, endLinks, findLink, type SignInLink, takeLink } from "./links";
import { PASSWORD_LENGTH_MAX, PASSWORD_LENGTH_MIN } from "./password";
import { endSessionsOf } from "./sessions";

type Person = typeof people.$inferSelect;

export type LinkView = {
  purpose: SignInLinkPurpose;
  person: { name: string; email: string; role: string } | null;
  /** It is half of what sets the password: a code goes with it. */
  needsCode: boolean;
  expiresAt: Date;
};

const GONE = "This link was used, or has expired.";
const ENDED = "Five codes were wrong, so link and code have ended. Ask for new ones: that takes two people again.";

/** What a link is for. Looking does not use it up. Raises `not_found` for a link that can no longer be used. */
export async function readLink(context: AuthContext, token: string): Promise<LinkView> {
  const link = await findLink(context.store.db, token, context.clock.nowMs());
  if (link === undefined) throw new AppError("not_found", GONE);
  const person = link.personId === null ? undefined : await findPerson(context.store.db, link.personId);
  return {
    purpose: link.purpose,
    person: person === undefined ? null : { name: person.name, email: person.email, role: person.role },
    needsCode: person !== undefined && (await needsCode(context.store.db, context.config, link, person)),
    expiresAt: link.expiresAt,
  };
}

/**
 * Uses a set-up, invitation or reset link: sets the password, and for set-up creates the first admin. Where the link is
 * one of two halves its code is needed too; a wrong one counts, and the fifth ends both. Answers with the e-mail to sign
 * in with. Raises `not_found` for a link that is gone, `invalid_input` for what cannot be taken and `unavailable` while too
 * many passwords are hashed; the link is then still good. Earlier sessions of the person end (ASVS 7.4.3).
 */
export async function acceptLink(
  context: AuthContext,
  input: { token: string; password: string; code?: string; name?: string; email?: string },
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
  const done = await context.store.transaction(async (tx): Promise<{ email: string } | { refused: AppError }> => {
    // First, as every decision does: no two wait for each other's rows in a circle, and whoever joins may end set-up.
    await tx.db.select({ id: platform.id }).from(platform).for("update");
    const link = await findLink(tx.db, input.token, nowMs);
    if (link === undefined || link.purpose === "development") throw new AppError("not_found", GONE);
    const joining = link.purpose === "setup" ? null : await findJoining(tx.db, link);
    const giver =
      joining === null ? "setup" : await judgeHalves(tx, context, { link, person: joining, code: input.code });
    // Answered and not thrown: what a wrong code counted must be kept.
    if (typeof giver !== "string") return giver;
    if ((await takeLink(tx.db, input.token, nowMs)) === undefined) throw new AppError("not_found", GONE);
    const person = joining === null ? await createFirstAdmin(tx, context, input) : await activate(tx, joining, giver);
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
      after: { purpose: link.purpose, givenBy: giver },
    });
    await completeSetUp(tx, context);
    tx.announce({ topic: "people" });
    tx.announce({ topic: "sessions" });
    return { email: person.email };
  });
  if ("refused" in done) throw done.refused;
  return done;
}

type Halves = { link: SignInLink; person: Person; code: string | undefined };

/** Through whose hands the password comes, or why it is not set. Raises `invalid_input` where a code is wanting. */
async function judgeHalves(
  tx: Transaction,
  context: AuthContext,
  { link, person, code }: Halves,
): Promise<SignInGiver | { refused: AppError }> {
  if (!(await needsCode(tx.db, context.config, link, person))) return "one";
  if (code === undefined || code.trim() === "") throw wrongCode("The code that somebody else gives you.");
  const tried = await tryCode(tx, context, { tokenSha256: link.tokenSha256, personId: person.id }, code);
  if (tried.result === "right") return tried.isByTwo ? "two" : "one";
  if (tried.result === "over") throw new AppError("not_found", GONE);
  const { triesLeft } = tried;
  if (triesLeft === 0) return { refused: new AppError("not_found", ENDED) };
  return {
    refused: wrongCode(`This is not the code. ${triesLeft} ${triesLeft === 1 ? "try is" : "tries are"} left.`),
  };
}

function wrongCode(message: string): AppError {
  return new AppError("invalid_input", message, { details: [{ path: "/code", code: "CODE", message }] });
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
  const { name, email } = readFirstAdmin(input);
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
      signInGivenBy: "setup",
      createdAt: new Date(context.clock.nowMs()),
    })
    .returning();
  if (person === undefined) throw new AppError("internal", "Something went wrong on our side.");
  return person;
}

/** The first person is held to what everybody's name and e-mail are. Raises `invalid_input`. */
function readFirstAdmin(input: { name?: string; email?: string }): { name: string; email: string } {
  const told = { name: (input.name ?? "").trim(), email: (input.email ?? "").trim() };
  const read = personKind.shape.safeParse({ ...told, role: "admin", publisherId: null, state: "active" });
  const refused = read.success
    ? [...plainWhereNew("/name", undefined, told.name), ...plainWhereNew("/email", undefined, told.email)]
    : read.error.issues.map((issue) => ({ path: `/${issue.path.join("/")}`, code: "FORMAT" }));
  if (refused.length === 0) return told;
  throw new AppError("invalid_input", "A name and an e-mail are needed.", {
    details: refused.map(({ path, code }) => ({
      path,
      code,
      message: code === "FORMAT" ? "Needed to sign in." : "It has characters that are not shown.",
    })),
  });
}

/** Whose password a link sets. Raises `not_found` for whoever cannot sign in by it. */
async function findJoining(db: Database, { personId }: SignInLink): Promise<Person> {
  const found = personId === null ? undefined : await findPerson(db, personId);
  if (found === undefined || found.state === "disabled" || found.signInLockedAt !== null)
    throw new AppError("not_found", GONE);
  return found;
}

async function activate(tx: Transaction, joining: Person, signInGivenBy: SignInGiver): Promise<Person> {
  const [person] = await tx.db
    .update(people)
    .set({ state: "active", signInGivenBy })
    .where(eq(people.id, joining.id))
    .returning();
  return person ?? joining;
}

async function findPerson(db: Database, personId: string): Promise<Person | undefined> {
  const [person] = await db.select().from(people).where(eq(people.id, personId)).limit(1);
  return person;
}
