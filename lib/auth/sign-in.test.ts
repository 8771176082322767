import { eq } from "drizzle-orm";
import { encode } from "next-auth/jwt";
import { beforeAll, describe, expect, it } from "vitest";
import { auditEntries, credentials, people, platform, sessions } from "@/db/schema";
import { withTestStore } from "@/db/testing/with-test-store";
import type { Role } from "@/lib/domain/roles";
import { AppError } from "@/lib/platform/errors";
import { randomIds } from "@/lib/platform/ids";
import { acceptLink, ensureSetupLink, readLink } from "./accept-link";
import type { AuthContext } from "./context";
import { createLink } from "./links";
import { hashPassword } from "./password";
import { sessionCookie } from "./session-cookie";
import { SESSION_IDLE_MS, SESSION_LIFE_MS } from "./session-life";
import { readSession } from "./session-reader";
import { endSession, endSessionsOf } from "./sessions";
import { signInWithLink, signInWithPassword, signInWithProvider } from "./sign-in";

const held = withTestStore();
const START = Date.parse("2026-03-01T09:00:00Z");
const PASSWORD = "correct horse battery";
let nowMs = START;
let hash = "";

const context = (over: Partial<AuthContext["config"]> = {}): AuthContext => ({
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
  hash = await hashPassword(PASSWORD);
  await held.store.transaction(({ db }) =>
    db.insert(platform).values({
      platformId: "harbor",
      name: "Harbor",
      environment: "production",
      graceSeconds: 259_200,
      telemetryIntervalSeconds: 60,
      telemetrySampling: 100,
      createdAt: new Date(nowMs),
    }),
  );
});

const here = { address: "192.0.2.1", userAgent: "test" };

describe("signing in", () => {
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
  it("sets a password once, ends older sessions, and cannot be used again", async () => {
    const person = await addPerson("olga", "active");
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
    const person = await addPerson("petra", "active");
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
    const invited = await addPerson("lena", "invited");
    const { token } = await held.store.transaction(({ db }) =>
      createLink(db, { purpose: "invite", personId: invited.id }, nowMs),
    );
    expect(await codeOf(signInWithProvider(context(), account(invited.email, true), here))).toBe("done");
    expect(await codeOf(acceptLink(context(), { token, password: "a much better password" }))).toBe("not_found");
  });
});
