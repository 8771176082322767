import { createHash } from "node:crypto";
import { eq } from "drizzle-orm";
import { beforeAll, expect, it } from "vitest";
import { auditEntries, credentials, handovers, people, platform, signInLinks } from "@/db/schema";
import { describeStores } from "@/db/testing/with-test-store";
import type { Role } from "@/lib/domain/roles";
import { isAppError } from "@/lib/platform/errors";
import { randomIds } from "@/lib/platform/ids";
import { acceptLink, readLink } from "./accept-link";
import type { AuthContext } from "./context";
import { beginHandover, CODE_TRIES_MAX, findHandover, makeCodeHalf, makeLinkHalf } from "./handovers";
import { createLink, endLinks } from "./links";
import { createPasswords } from "./password";

const START = Date.parse("2026-03-01T09:00:00Z");
const PASSWORD = "correct horse battery";
const BY_TWO = { linkTo: "per_admin", codeTo: "per_security" };
const WRONG = "AAAAA-AAAAA";

describeStores("a sign-in in two halves", (held) => {
  let nowMs = START;
  const passwords = createPasswords(async (password, salt) =>
    createHash("sha256").update(password).update(salt).digest(),
  );
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

  beforeAll(async () => {
    await held.store.transaction(({ db }) =>
      db.insert(platform).values({
        platformId: "harbor",
        name: "Harbor",
        environment: "production",
        createdAt: new Date(nowMs),
      }),
    );
  });

  async function addPerson(role: Role = "operator"): Promise<string> {
    const id = randomIds.next("person");
    const person = { id, email: `${id}@example.test`, name: id, role, state: "invited" as const };
    await held.store.transaction(({ db }) => db.insert(people).values({ ...person, createdAt: new Date(nowMs) }));
    return id;
  }

  async function give(
    personId: string,
    givers = BY_TWO,
    purpose: "invite" | "reset" = "invite",
  ): Promise<{ token: string; code: string }> {
    const actor = { kind: "system", name: "test" } as const;
    return held.store.transaction(async (tx) => {
      const given = { ...givers, personId, purpose, changeSetId: null };
      const handover = await beginHandover(tx, context(), actor, given);
      const { token } = await makeLinkHalf(tx.db, handover, nowMs);
      return { token, code: await makeCodeHalf(tx.db, context(), handover) };
    });
  }

  const accept = (token: string, code?: string, ctx = context()) =>
    acceptLink(ctx, { token, password: PASSWORD, ...(code === undefined ? {} : { code }) }).then(
      () => "done",
      (error: unknown) => {
        if (!isAppError(error)) throw error;
        return error.details[0]?.code ?? error.code;
      },
    );

  const triesOf = async (personId: string) =>
    (await held.store.db.select().from(handovers).where(eq(handovers.personId, personId)))[0]?.tries;
  const givenTo = async (personId: string) => {
    const [row] = await held.store.db.select().from(people).where(eq(people.id, personId));
    const [credential] = await held.store.db.select().from(credentials).where(eq(credentials.personId, personId));
    return [row?.state, row?.signInGivenBy, credential !== undefined];
  };
  const told = async (personId: string) => {
    const rows = await held.store.db
      .select()
      .from(auditEntries)
      .where(eq(auditEntries.subject, `person:${personId}`))
      .orderBy(auditEntries.sequence);
    return rows.map(({ action }) => action);
  };

  it("sets a password by link and code together, however the code is typed, and by two people's hands", async () => {
    const personId = await addPerson();
    const { token, code } = await give(personId);
    expect((await readLink(context(), token)).needsCode).toBe(true);
    expect(await accept(token)).toBe("CODE");
    expect(await accept(token, " ")).toBe("CODE");
    await expect(acceptLink(context(), { token, password: PASSWORD })).rejects.toMatchObject({
      details: [{ path: "/code", message: "The code that somebody else gives you." }],
    });
    expect(await triesOf(personId)).toBe(0);
    // All of what is typed counts, however long it is.
    expect(await accept(token, `${code}${" ".repeat(60)}A`)).toBe("CODE");
    expect(await accept(token, ` ${code.toLowerCase().replace("-", " – ")} `)).toBe("done");
    expect(await givenTo(personId)).toEqual(["active", "two", true]);
    expect(await accept(token, code)).toBe("not_found");
    expect(await told(personId)).toEqual(["signIn.give", "code.refuse", "link.use"]);
  });

  it("is known to have come by one person's hands where one had both", async () => {
    const personId = await addPerson();
    const { token, code } = await give(personId, { linkTo: "per_admin", codeTo: "per_admin" });
    expect(await accept(token, code)).toBe("done");
    expect(await givenTo(personId)).toEqual(["active", "one", true]);
  });

  it("ends with the fifth wrong code, however many are tried at once, and the right one comes too late", async () => {
    const personId = await addPerson();
    const { token, code } = await give(personId);
    const answers = await Promise.all(Array.from({ length: 12 }, () => accept(token, WRONG)));
    expect(answers.filter((answer) => answer === "CODE")).toHaveLength(CODE_TRIES_MAX - 1);
    expect(answers.filter((answer) => answer === "not_found")).toHaveLength(12 - CODE_TRIES_MAX + 1);
    expect(await triesOf(personId)).toBe(CODE_TRIES_MAX);
    expect(await accept(token, code)).toBe("not_found");
    expect(await givenTo(personId)).toEqual(["invited", null, false]);
    expect(await told(personId)).toEqual(["signIn.give", ...Array(5).fill("code.refuse"), "signIn.end"]);
  });

  it("counts a try before the code is looked at, and no try that came with another link", async () => {
    const personId = await addPerson();
    const { token, code } = await give(personId);
    for (let tries = 1; tries < CODE_TRIES_MAX; tries += 1) {
      expect(await accept(token, WRONG)).toBe("CODE");
      expect(await triesOf(personId)).toBe(tries);
    }
    const other = await held.store.transaction(({ db }) => createLink(db, { purpose: "invite", personId }, nowMs));
    expect(await accept(other.token, code)).toBe("not_found");
    expect(await triesOf(personId)).toBe(CODE_TRIES_MAX - 1);
    expect(await accept(token, code)).toBe("done");
  });

  it("gives nothing to whoever has another person's code, or a code from before", async () => {
    const [personId, otherId] = [await addPerson(), await addPerson()];
    const [before, other] = [await give(personId), await give(otherId)];
    expect(await accept(before.token, other.code)).toBe("CODE");
    const now = await give(personId);
    expect(await accept(before.token, before.code)).toBe("not_found");
    expect(await accept(now.token, before.code)).toBe("CODE");
    expect(await accept(now.token, now.code)).toBe("done");
    expect(await accept(other.token, now.code)).toBe("CODE");
  });

  it("takes no link alone of a person who decides: not one made whole, nor half of one whose role was lowered since", async () => {
    const [raised, lowered] = [await addPerson("auditor"), await addPerson()];
    const whole = await held.store.transaction(({ db }) =>
      createLink(db, { purpose: "invite", personId: raised }, nowMs),
    );
    const half = await give(lowered);
    await held.store.transaction(async ({ db }) => {
      await db.update(people).set({ role: "operator" }).where(eq(people.id, raised));
      await db.update(people).set({ role: "auditor" }).where(eq(people.id, lowered));
    });
    expect(await accept(whole.token)).toBe("CODE");
    expect(await accept(whole.token, WRONG)).toBe("not_found");
    expect(await accept(half.token)).toBe("CODE");
    expect(await givenTo(raised)).toEqual(["invited", null, false]);
    expect(await givenTo(lowered)).toEqual(["invited", null, false]);
  });

  it("is over after three days, and when the person's links are ended", async () => {
    const [late, ended] = [await addPerson(), await addPerson()];
    const [first, second] = [await give(late), await give(ended)];
    await held.store.transaction(({ db }) => endLinks(db, ended, nowMs));
    expect(await accept(second.token, second.code)).toBe("not_found");
    expect(await findHandover(held.store.db, ended, nowMs)).toBeUndefined();
    nowMs += 72 * 60 * 60 * 1000 - 1;
    expect(await findHandover(held.store.db, late, nowMs)).toBeDefined();
    nowMs += 1;
    expect(await findHandover(held.store.db, late, nowMs)).toBeUndefined();
    expect(await accept(first.token, first.code)).toBe("not_found");
  });

  it("of a reset is over after a day", async () => {
    const personId = await addPerson();
    await give(personId, BY_TWO, "reset");
    expect(await findHandover(held.store.db, personId, nowMs + 86_400_000 - 1)).toBeDefined();
    expect(await findHandover(held.store.db, personId, nowMs + 86_400_000)).toBeUndefined();
  });

  it("keeps neither half, and no code can be tried without the secret that is kept elsewhere", async () => {
    const personId = await addPerson();
    const { token, code } = await give(personId);
    expect(await accept(token, code, context({ authSecret: "the secret of another server, long enough" }))).toBe(
      "CODE",
    );
    const kept = JSON.stringify([
      await held.store.db.select().from(handovers),
      await held.store.db.select().from(signInLinks),
      await held.store.db.select().from(auditEntries),
    ]);
    for (const secret of [token, code, code.replace("-", "")]) expect(kept).not.toContain(secret);
  });

  it("is whole in a development store alone", async () => {
    const personId = await addPerson();
    const { token } = await held.store.transaction(({ db }) => createLink(db, { purpose: "invite", personId }, nowMs));
    expect(await accept(token)).toBe("CODE");
    expect(await accept(token, undefined, context({ isDevelopmentStore: true }))).toBe("done");
  });
});
