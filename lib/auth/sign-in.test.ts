import { createHash } from "node:crypto";
import { desc, eq, inArray } from "drizzle-orm";
import { encode } from "next-auth/jwt";
import { beforeAll, describe, expect, it } from "vitest";
import { auditEntries, credentials, people, platform, sessions, signInFailures } from "@/db/schema";
import { withTestStore } from "@/db/testing/with-test-store";
import type { Role } from "@/lib/domain/roles";
import { AppError } from "@/lib/platform/errors";
import { randomIds } from "@/lib/platform/ids";
import { acceptLink, ensureSetupLink, readLink } from "./accept-link";
import type { AuthContext } from "./context";
import { createLink, findLink } from "./links";
import { createPasswords, type DeriveKey } from "./password";
import { sessionCookie } from "./session-cookie";
import { SESSION_IDLE_MS, SESSION_LIFE_MS } from "./session-life";
import { readSession } from "./session-reader";
import { endSession, endSessionsOf } from "./sessions";
import { signInWithLink, signInWithPassword, signInWithProvider } from "./sign-in";
import { signOut, signOutEverywhere } from "./sign-out";
import { admitAttempt, forgetOldAttempts } from "./throttle";

const held = withTestStore();
const START = Date.parse("2026-03-01T09:00:00Z");
const PASSWORD = "correct horse battery";
let nowMs = START;
let hash = "";

/** How many passwords were looked at, and what each waits for. */
let derived = 0;
let gate: Promise<void> = Promise.resolve();
const quickly: DeriveKey = async (password, salt) => {
  derived += 1;
  await gate;
  return createHash("sha256").update(password).update(salt).digest();
};
const passwords = createPasswords(quickly);

const context = (over: Partial<AuthContext["config"]> = {}): AuthContext => ({
  passwords,
  store: held.store,
  clock: { nowMs: () => nowMs },
  ids: randomIds,
  logger: () => undefined,
  config: {
    baseUrl: "http://localhost:4000",
    environment: "production",
    isDevelopmentStore: false,
    authSecret: "a-secret-of-the-test-that-is-long-enough",
    oidc: null,
    ...over,
  },
});

async function addPerson(name: string, state: "invited" | "active" | "disabled", role: Role = "operator") {
  const person = {
    id: randomIds.next("person"),
    email: `${name}@example.test`,
    name,
    role,
    publisherId: null,
    state,
    createdAt: new Date(nowMs),
  };
  await held.store.transaction(async ({ db }) => {
    await db.insert(people).values(person);
    await db.insert(credentials).values({ personId: person.id, passwordHash: hash, changedAt: new Date(nowMs) });
  });
  return person;
}

async function cookieOf(sessionId: string): Promise<string> {
  const { name } = sessionCookie("http://localhost:4000");
  const token = await encode({ token: { sid: sessionId }, secret: context().config.authSecret, salt: name });
  return `${name}=${token}`;
}

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "done",
    (error: unknown) => (error instanceof AppError ? error.code : `thrown ${String(error)}`),
  );

beforeAll(async () => {
  hash = await passwords.hash(PASSWORD);
  await held.store.transaction(({ db }) =>
    db.insert(platform).values({
      platformId: "harbor",
      name: "Harbor",
      environment: "production",
      createdAt: new Date(nowMs),
    }),
  );
});

const here = { address: "192.0.2.1", userAgent: "test" };

describe("signing in", () => {
  it("tells in the log who was tried in vain, where somebody has that e-mail", async () => {
    const person = await addPerson("watched", "active");
    const newest = async () => {
      const [entry] = await held.store.db.select().from(auditEntries).orderBy(desc(auditEntries.sequence)).limit(1);
      return { action: entry?.action, actor: entry?.actor, subject: entry?.subject };
    };
    const elsewhere = { address: "198.51.100.77", userAgent: "test" };
    const tried = { action: "session.signInFailed", actor: { kind: "system", id: null, name: "sign-in" } };
    const sign = (email: string) => signInWithPassword(context(), { email, password: "wrong" }, elsewhere);
    await expect(sign(person.email)).rejects.toMatchObject({ code: "unauthenticated" });
    expect(await newest()).toEqual({ ...tried, subject: `person:${person.id}` });
    await expect(sign("stranger@example.test")).rejects.toMatchObject({ code: "unauthenticated" });
    expect(await newest()).toEqual({ ...tried, subject: "person:unknown" });
  });

  it("answers a wrong password, an unknown account and a disabled one alike", async () => {
    await addPerson("mara", "active");
    await addPerson("gone", "disabled");
    const attempt = (email: string, password: string) =>
      codeOf(signInWithPassword(context(), { email, password }, { ...here, address: `for ${email}` }));
    expect(await attempt("mara@example.test", "wrong password")).toBe("unauthenticated");
    expect(await attempt("nobody@example.test", PASSWORD)).toBe("unauthenticated");
    expect(await attempt("gone@example.test", PASSWORD)).toBe("unauthenticated");
    expect(await attempt("MARA@example.test", PASSWORD)).toBe("done");
  });

  it("looks at five passwords of sixty that are guessed at once", async () => {
    await addPerson("prey", "active");
    const before = derived;
    const codes = await Promise.all(
      Array.from({ length: 60 }, (_, n) =>
        codeOf(
          signInWithPassword(
            context(),
            { email: "prey@example.test", password: `guess ${n}` },
            { ...here, address: "198.51.100.7" },
          ),
        ),
      ),
    );
    expect(derived - before).toBe(5);
    expect(codes.filter((code) => code === "unauthenticated")).toHaveLength(5);
    expect(codes.filter((code) => code === "limit_exceeded")).toHaveLength(55);
  });

  it("says how long to wait, which is until the first of the tries is 15 minutes old", async () => {
    const client = { ...here, address: "198.51.100.8" };
    const attempt = () => signInWithPassword(context(), { email: "waits@example.test", password: "wrong" }, client);
    for (let index = 0; index < 5; index += 1) {
      expect(await codeOf(attempt())).toBe("unauthenticated");
      nowMs += 60_000;
    }
    await expect(attempt()).rejects.toMatchObject({ code: "limit_exceeded", retryAfterSeconds: 600 });
    nowMs += 600_000;
    expect(await codeOf(attempt())).toBe("unauthenticated");
    expect(await codeOf(attempt())).toBe("limit_exceeded");
  });

  it("goes on for an office in which one colleague mistypes on and on", async () => {
    const colleague = await addPerson("colleague", "active");
    const client = { ...here, address: "198.51.100.9" };
    for (let index = 0; index < 40; index += 1) {
      await codeOf(signInWithPassword(context(), { email: "typo@example.test", password: "wrong" }, client));
    }
    expect(await codeOf(signInWithPassword(context(), { email: colleague.email, password: PASSWORD }, client))).toBe(
      "done",
    );
  });

  it("locks nobody out of the address that they sign in from, however many guess elsewhere", async () => {
    const owner = await addPerson("owner", "active");
    const attempt = (address: string, password: string) =>
      codeOf(signInWithPassword(context(), { email: owner.email, password }, { ...here, address }));
    expect(await attempt("203.0.113.200", PASSWORD)).toBe("done");
    for (let index = 0; index < 50; index += 1)
      expect(await attempt(`203.0.113.${index}`, "w")).toBe("unauthenticated");
    expect(await attempt("203.0.113.100", PASSWORD)).toBe("limit_exceeded");
    expect(await attempt("203.0.113.200", PASSWORD)).toBe("done");
  });

  it("bounds one address whatever accounts it tries, and an IPv6 network as one address", async () => {
    const here64 = (n: number) => `2001:db8:0:7::${n.toString(16)}`;
    for (let n = 0; n < 300; n += 1) await admitAttempt(context(), `sprayed-${n}@example.test`, here64(n));
    const someone = await addPerson("someone", "active");
    const attempt = (address: string) =>
      codeOf(signInWithPassword(context(), { email: someone.email, password: PASSWORD }, { ...here, address }));
    expect(await attempt("2001:db8:0:7:1:2:3:4")).toBe("limit_exceeded");
    expect(await attempt("2001:db8:0:8::1")).toBe("done");
  });

  it("forgives what was mistyped once the right password came", async () => {
    const person = await addPerson("fumbler", "active");
    const attempt = (password: string) =>
      codeOf(signInWithPassword(context(), { email: person.email, password }, { ...here, address: "198.51.100.10" }));
    for (let round = 0; round < 2; round += 1) {
      for (let index = 0; index < 4; index += 1) expect(await attempt("wrong")).toBe("unauthenticated");
      expect(await attempt(PASSWORD)).toBe("done");
    }
  });

  it("counts no try whose password was not looked at, because too many waited", async () => {
    let open = () => undefined as unknown;
    gate = new Promise((resolve) => {
      open = resolve as () => void;
    });
    const attempt = (n: number) =>
      codeOf(
        signInWithPassword(
          context(),
          { email: `busy-${n}@example.test`, password: "wrong" },
          { ...here, address: `2001:db8:1:${n.toString(16)}::1` },
        ),
      );
    const refused: string[] = [];
    const crowd = Array.from({ length: 40 }, async (_, n) => {
      const code = await attempt(n);
      if (code === "unavailable") refused.push(code);
      return code;
    });
    const late = () => attempt(99);
    await expect.poll(() => refused.length).toBe(6);
    for (let index = 0; index < 6; index += 1) expect(await late()).toBe("unavailable");
    open();
    expect((await Promise.all(crowd)).filter((code) => code === "unauthenticated")).toHaveLength(34);
    for (let index = 0; index < 5; index += 1) expect(await late()).toBe("unauthenticated");
    expect(await late()).toBe("limit_exceeded");
  });

  it("keeps tries for as long as they count", async () => {
    const rows = () => held.store.db.select().from(signInFailures);
    nowMs += 15 * 60 * 1000 + 1;
    await admitAttempt(context(), "kept@example.test", "198.51.100.11");
    await held.store.transaction(({ db }) => forgetOldAttempts(db, nowMs, 5_000));
    expect(await rows()).toHaveLength(3);
  });

  it("throttles an account from one address, and leaves its owner elsewhere alone", async () => {
    await addPerson("target", "active");
    const attempt = (address: string, password: string) =>
      codeOf(signInWithPassword(context(), { email: "target@example.test", password }, { ...here, address }));
    for (let index = 0; index < 5; index += 1) expect(await attempt("attacker", "wrong")).toBe("unauthenticated");
    expect(await attempt("attacker", PASSWORD)).toBe("limit_exceeded");
    expect(await attempt("home", PASSWORD)).toBe("done");
    nowMs += 15 * 60 * 1000 + 1;
    expect(await attempt("attacker", PASSWORD)).toBe("done");
  });

  it("refuses a locked sign-in as it refuses a wrong password, by every door, and ends what it has", async () => {
    const person = await addPerson("locked", "active");
    const invited = await addPerson("locked-out", "invited");
    const sign = (email: string) => signInWithPassword(context(), { email, password: PASSWORD }, here);
    const cookie = await cookieOf((await sign(person.email)).sessionId);
    const link = (personId: string, purpose: "reset" | "development") =>
      held.store.transaction(({ db }) => createLink(db, { purpose, personId }, nowMs));
    const [reset, demo] = [await link(person.id, "reset"), await link(person.id, "development")];
    await held.store.transaction(({ db }) =>
      db
        .update(people)
        .set({ signInLockedAt: new Date(nowMs) })
        .where(inArray(people.id, [person.id, invited.id])),
    );
    expect(await readSession(context(), cookie)).toBeNull();
    expect(await codeOf(sign(person.email))).toBe("unauthenticated");
    expect(await codeOf(acceptLink(context(), { token: reset.token, password: PASSWORD }))).toBe("not_found");
    const development = context({ isDevelopmentStore: true });
    expect(await codeOf(signInWithLink(development, { token: demo.token }, here))).toBe("unauthenticated");
    const account = { issuer: "https://idp.example.test", subject: "s", email: invited.email, isEmailVerified: true };
    expect(await codeOf(signInWithProvider(context(), account, here))).toBe("unauthenticated");
  });

  it("never writes a password or the secret of a link into the audit log", async () => {
    const entries = JSON.stringify(await held.store.db.select().from(auditEntries));
    expect(entries).toContain("session.signInFailed");
    expect(entries).not.toContain(PASSWORD);
    expect(entries).not.toContain(hash);
  });
});

describe("a session", () => {
  it("acts at once on sign-out, disabling and a change of role", async () => {
    const person = await addPerson("teo", "active");
    const first = await signInWithPassword(context(), { email: person.email, password: PASSWORD }, here);
    const cookie = await cookieOf(first.sessionId);
    expect((await readSession(context(), cookie))?.role).toBe("operator");
    await held.store.transaction(({ db }) =>
      db.update(people).set({ role: "auditor" }).where(eq(people.id, person.id)),
    );
    expect((await readSession(context(), cookie))?.role).toBe("auditor");
    await held.store.transaction(({ db }) =>
      db.update(people).set({ state: "disabled" }).where(eq(people.id, person.id)),
    );
    expect(await readSession(context(), cookie)).toBeNull();
    await held.store.transaction(({ db }) =>
      db.update(people).set({ state: "active" }).where(eq(people.id, person.id)),
    );
    expect(await readSession(context(), cookie)).not.toBeNull();
    await held.store.transaction(({ db }) => endSession(db, first.sessionId, nowMs));
    expect(await readSession(context(), cookie)).toBeNull();
  });

  it("ends alone by signing out, and with all others of the person by signing out everywhere; audited", async () => {
    const person = await addPerson("sven", "active");
    const other = await addPerson("sina", "active");
    const signIn = async ({ email }: { email: string }) =>
      cookieOf((await signInWithPassword(context(), { email, password: PASSWORD }, here)).sessionId);
    const actorOf = async (cookie: string) => {
      const actor = await readSession(context(), cookie);
      if (actor === null) throw new Error("the session has ended");
      return actor;
    };
    const [first, second, third] = [await signIn(person), await signIn(person), await signIn(person)];
    const stranger = await signIn(other);
    const live = async () =>
      Promise.all([first, second, third, stranger].map(async (c) => (await readSession(context(), c)) !== null));
    await signOut(context(), await actorOf(first));
    expect(await live()).toEqual([false, true, true, true]);
    await signOutEverywhere(context(), await actorOf(second));
    expect(await live()).toEqual([false, false, false, true]);
    const told = await held.store.db
      .select()
      .from(auditEntries)
      .where(eq(auditEntries.action, "session.signOut"))
      .orderBy(auditEntries.sequence);
    expect(told.map(({ subject, after }) => [subject, after])).toEqual([
      [`person:${person.id}`, null],
      [`person:${person.id}`, { everywhere: true, sessions: 2 }],
    ]);
  });

  it("ends when its browser signs in again, as whomever; audited", async () => {
    const [before, after] = [await addPerson("vera", "active"), await addPerson("walt", "active")];
    const signIn = ({ email }: { email: string }, heldSessionId: string | null) =>
      signInWithPassword(context(), { email, password: PASSWORD }, { ...here, heldSessionId });
    const old = await signIn(before, null);
    const bystander = await signIn(before, null);
    await expect(
      signInWithPassword(context(), { email: after.email, password: "w" }, { ...here, heldSessionId: old.sessionId }),
    ).rejects.toMatchObject({ code: "unauthenticated" });
    expect(await readSession(context(), await cookieOf(old.sessionId))).not.toBeNull();
    const next = await signIn(after, old.sessionId);
    expect(await readSession(context(), await cookieOf(old.sessionId))).toBeNull();
    expect((await readSession(context(), await cookieOf(next.sessionId)))?.personId).toBe(after.id);
    expect(await readSession(context(), await cookieOf(bystander.sessionId))).not.toBeNull();
    const told = await held.store.db.select().from(auditEntries).where(eq(auditEntries.action, "session.end"));
    expect(told.map(({ subject }) => subject)).toEqual([`person:${before.id}`]);
  });

  it("keeps of the browser that began it two hundred characters", async () => {
    const person = await addPerson("verbose", "active");
    const browser = { ...here, userAgent: "a".repeat(300) };
    const { sessionId } = await signInWithPassword(context(), { email: person.email, password: PASSWORD }, browser);
    const [row] = await held.store.db.select().from(sessions).where(eq(sessions.id, sessionId));
    expect(row?.detail).toMatchObject({ userAgent: "a".repeat(200) });
  });

  it("ends after 2 idle hours and after 12 hours in all", async () => {
    const person = await addPerson("ines", "active");
    const { sessionId } = await signInWithPassword(context(), { email: person.email, password: PASSWORD }, here);
    const cookie = await cookieOf(sessionId);
    const startedMs = nowMs;
    nowMs = startedMs + SESSION_IDLE_MS;
    expect(await readSession(context(), cookie)).toBeNull();
    await held.store.transaction(({ db }) =>
      db
        .update(sessions)
        .set({ lastSeenAt: new Date(startedMs + SESSION_LIFE_MS) })
        .where(eq(sessions.id, sessionId)),
    );
    nowMs = startedMs + SESSION_LIFE_MS;
    expect(await readSession(context(), cookie)).toBeNull();
    nowMs -= 1;
    expect(await readSession(context(), cookie)).not.toBeNull();
    nowMs = startedMs;
  });

  it("is nobody's for a cookie that is forged, doubled, or made with another secret", async () => {
    const { name } = sessionCookie("http://localhost:4000");
    const person = await addPerson("ute", "active");
    const { sessionId } = await signInWithPassword(context(), { email: person.email, password: PASSWORD }, here);
    const good = await cookieOf(sessionId);
    const foreign = await encode({ token: { sid: sessionId }, secret: "another secret, also long enough", salt: name });
    for (const cookie of [`${name}=${foreign}`, `${name}=${sessionId}`, `${good}; ${good}`, `${name}=`, "", null]) {
      expect(await readSession(context(), cookie), String(cookie)).toBeNull();
    }
    expect(await readSession(context(), `other=1; ${good}`)).not.toBeNull();
  });
});

describe("a one-time link", () => {
  it.each([
    ["setup", 24],
    ["invite", 72],
    ["reset", 1],
    ["development", 24],
  ] as const)("of %s is over after %d hours, and not before", async (purpose, hours) => {
    const { id: personId } = await addPerson(`late-${purpose}`, "invited");
    const { token } = await held.store.transaction(({ db }) => createLink(db, { purpose, personId }, nowMs));
    const found = () => findLink(held.store.db, token, nowMs);
    nowMs += hours * 3_600_000 - 1;
    expect(await found()).toMatchObject({ purpose });
    nowMs += 1;
    expect(await found()).toBeUndefined();
  });

  it("sets a password once, ends older sessions, and cannot be used again", async () => {
    const person = await addPerson("olga", "active", "auditor");
    const { sessionId } = await signInWithPassword(context(), { email: person.email, password: PASSWORD }, here);
    const { token } = await held.store.transaction(({ db }) =>
      createLink(db, { purpose: "reset", personId: person.id }, nowMs),
    );
    expect((await readLink(context(), token)).person?.email).toBe(person.email);
    expect(await codeOf(acceptLink(context(), { token, password: "short" }))).toBe("invalid_input");
    const [first, second] = await Promise.all([
      codeOf(acceptLink(context(), { token, password: "a much better password" })),
      codeOf(acceptLink(context(), { token, password: "another good password" })),
    ]);
    expect([first, second].sort()).toEqual(["done", "not_found"]);
    expect(await readSession(context(), await cookieOf(sessionId))).toBeNull();
  });

  it("makes the new password the newer one by its instant too, when the clock went back meanwhile", async () => {
    const person = await addPerson("petra", "active", "auditor");
    const { token } = await held.store.transaction(({ db }) =>
      createLink(db, { purpose: "reset", personId: person.id }, nowMs),
    );
    const before = nowMs;
    nowMs -= 60_000;
    await acceptLink(context(), { token, password: "a much better password" });
    nowMs = before;
    const [row] = await held.store.db.select().from(credentials).where(eq(credentials.personId, person.id));
    expect(row?.changedAt.getTime()).toBe(before + 1);
  });

  it("that was used is told to whoever shows people, and to the streams of the sessions that it ends", async () => {
    const person = await addPerson("heard", "active", "auditor");
    const { token } = await held.store.transaction(({ db }) =>
      createLink(db, { purpose: "reset", personId: person.id }, nowMs),
    );
    const heard: string[] = [];
    const stop = held.store.subscribe(({ topic }) => heard.push(topic));
    await acceptLink(context(), { token, password: PASSWORD });
    await expect.poll(() => heard).toEqual(expect.arrayContaining(["people", "sessions"]));
    stop();
  });

  it("makes nobody work who has none: without a link no password is hashed", async () => {
    const before = derived;
    const token = "x".repeat(43);
    expect(await codeOf(acceptLink(context(), { token, password: "a much better password" }))).toBe("not_found");
    expect(derived).toBe(before);
  });

  it("of the demo signs nobody in where the store is no development store", async () => {
    const person = await addPerson("demo", "active");
    const make = () =>
      held.store.transaction(({ db }) => createLink(db, { purpose: "development", personId: person.id }, nowMs));
    const { token } = await make();
    expect(await codeOf(signInWithLink(context(), { token }, here))).toBe("unauthenticated");
    const again = await make();
    const development = context({ isDevelopmentStore: true });
    expect(await codeOf(signInWithLink(development, { token: again.token }, here))).toBe("done");
    expect(await codeOf(signInWithLink(development, { token: again.token }, here))).toBe("unauthenticated");
  });

  it("for set-up is made only while nobody is there", async () => {
    expect(await ensureSetupLink(context())).toBeNull();
  });

  it("holds the first admin to what everybody's name and e-mail are", async () => {
    const { token } = await held.store.transaction(({ db }) =>
      createLink(db, { purpose: "setup", personId: null }, nowMs),
    );
    const refusedFor = (name: string, email: string) =>
      acceptLink(context(), { token, password: PASSWORD, name, email }).then(
        () => [],
        (error: unknown) => (error as AppError).details?.map(({ path, code }) => `${path} ${code}`),
      );
    expect(await refusedFor("Ada\u202ebolik", "ada@example.test")).toEqual(["/name TEXT_NOT_PLAIN"]);
    expect(await refusedFor("Ada", "ada\u200b@example.test")).toEqual(["/email TEXT_NOT_PLAIN"]);
    expect((await refusedFor(" ", "nowhere"))?.sort()).toEqual(["/email FORMAT", "/name FORMAT"]);
    expect(await refusedFor("A".repeat(101), "ada@example.test")).toEqual(["/name FORMAT"]);
    // What is wrong with a good one is that somebody is there already.
    const good = { token, password: PASSWORD, name: "Ada", email: "ada@example.test" };
    expect(await codeOf(acceptLink(context(), good))).toBe("not_found");
  });

  it("ends when the sessions of a person are ended, not before", async () => {
    const person = await addPerson("rene", "active");
    const { sessionId } = await signInWithPassword(context(), { email: person.email, password: PASSWORD }, here);
    await held.store.transaction(({ db }) => endSessionsOf(db, person.id, nowMs));
    expect(await readSession(context(), await cookieOf(sessionId))).toBeNull();
  });
});

describe("an identity provider", () => {
  const account = (email: string, isEmailVerified: boolean, subject = email) => ({
    issuer: "https://idp.example.test",
    subject,
    email,
    isEmailVerified,
  });

  it("links an invited person by a verified e-mail, and nobody else", async () => {
    const invited = await addPerson("nina", "invited");
    const active = await addPerson("paul", "active");
    expect(await codeOf(signInWithProvider(context(), account(invited.email, false), here))).toBe("unauthenticated");
    expect(await codeOf(signInWithProvider(context(), account(active.email, true), here))).toBe("unauthenticated");
    expect(await codeOf(signInWithProvider(context(), account("x@example.test", true), here))).toBe("unauthenticated");
    expect(await codeOf(signInWithProvider(context(), account(invited.email, true), here))).toBe("done");
    expect(await codeOf(signInWithProvider(context(), account(invited.email, true, "other"), here))).toBe(
      "unauthenticated",
    );
  });

  it("uses up the invitation, so that its link sets no password beside it", async () => {
    const invited = await addPerson("lena", "invited", "auditor");
    const { token } = await held.store.transaction(({ db }) =>
      createLink(db, { purpose: "invite", personId: invited.id }, nowMs),
    );
    expect(await codeOf(signInWithProvider(context(), account(invited.email, true), here))).toBe("done");
    expect(await codeOf(acceptLink(context(), { token, password: "a much better password" }))).toBe("not_found");
  });
});
