import { createHash } from "node:crypto";
import { join } from "node:path";
import { encode } from "next-auth/jwt";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { acceptLink } from "@/lib/auth/accept-link";
import { createPasswords } from "@/lib/auth/password";
import { sessionCookie } from "@/lib/auth/session-cookie";
import { startSession } from "@/lib/auth/sessions";
import { signInWithPassword } from "@/lib/auth/sign-in";
import { isDecidingRole } from "@/lib/domain/kinds/person";
import type { Role } from "@/lib/domain/roles";
import { consoleRoutes } from "@/lib/http/console-routes";
import type { RouteHandler } from "@/lib/http/route";
import { isAppError } from "@/lib/platform/errors";
import { provideServices, type ServiceContext } from "@/lib/services/context";
import { listPeople } from "@/lib/services/people/list-people";
import { openServiceFixture, type PersonActor, type ServiceFixture } from "@/lib/services/testing/service-fixture";

/**
 * Whoever has one half of a sign-in makes every call of the console, with whatever bodies it takes, and uses every link and
 * code that any answer has: nobody gets to the password of a person who decides.
 */

const PASSWORD = "correct horse battery";
const passwords = createPasswords(async (password, salt) =>
  createHash("sha256").update(password).update(salt).digest(),
);

let held: ServiceFixture;
let ctx: ServiceContext;
let handlers: Map<string, RouteHandler>;

/** What is left out: it ends the session that walks on, or is there in development stores alone and asks Next itself. */
const LEFT_OUT: readonly string[] = ["signOut", "switchPerson"];
const routes = Object.entries(consoleRoutes).filter(([name]) => !LEFT_OUT.includes(name));

beforeAll(async () => {
  held = await openServiceFixture();
  ctx = { ...held.ctx, passwords };
  provideServices(ctx);
  handlers = new Map(
    await Promise.all(
      routes.map(async ([name, { path, method }]): Promise<[string, RouteHandler]> => {
        const file = join(process.cwd(), "app", path.replace(/\{(\w+)\}/g, "[$1]"), "route.ts");
        const module = (await import(/* @vite-ignore */ /* of app/api */ file)) as Record<string, RouteHandler>;
        const handler = module[method];
        if (handler === undefined) throw new Error(`${name} is answered by nothing`);
        return [name, handler];
      }),
    ),
  );
}, 300_000);
afterAll(async () => held.close());

type Member = { actor: PersonActor; cookie: string };

async function member(role: Role): Promise<Member> {
  const actor = await held.person(role);
  const origin = { method: "password", address: "192.0.2.1", userAgent: "test" } as const;
  const sid = await ctx.store.transaction(({ db }) =>
    startSession(db, ctx.ids, { personId: actor.personId, origin }, ctx.clock.nowMs()),
  );
  const { name } = sessionCookie(ctx.config.baseUrl);
  return { actor, cookie: `${name}=${await encode({ token: { sid }, secret: ctx.config.authSecret, salt: name })}` };
}

type Call = { name: string; params?: Record<string, string>; body?: unknown };

async function call({ cookie }: Member, { name, params = {}, body }: Call): Promise<{ status: number; text: string }> {
  const route = routes.find(([known]) => known === name)?.[1];
  const handler = handlers.get(name);
  if (route === undefined || handler === undefined) throw new Error(`there is no call ${name}`);
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, key: string) => encodeURIComponent(params[key] ?? ""));
  const sent = route.method === "GET" ? {} : { body: JSON.stringify(body ?? {}) };
  const headers = { cookie, "content-type": "application/json" };
  const request = new Request(`https://console.test${path}`, { method: route.method, headers, ...sent });
  const answer = await handler(request, { params });
  return { status: answer.status, text: await answer.text() };
}

async function done<T>(who: Member, what: Call): Promise<T> {
  const { status, text } = await call(who, what);
  if (status >= 300) throw new Error(`${what.name}: ${status} ${text}`);
  return JSON.parse(text) as T;
}

type Target = { personId: string; email: string; name: string; changeSetId: string };
type Two = { admin: Member; approver: Member };

async function decided({ admin, approver }: Two, changeSetId: string): Promise<void> {
  const params = { id: changeSetId };
  await done(approver, { name: "approveChangeSet", params, body: { reason: "" } });
  await done(admin, { name: "publishChangeSet", params });
}

/** An operator whom the two let in, and who has not joined; with `hasJoined` one whose sign-in is given anew. */
async function target(two: Two, hasJoined: boolean): Promise<Target> {
  const name = "Ines Duarte";
  const email = `${ctx.ids.next("person")}@harbor.example`;
  const body = { email, name, role: "operator", publisherId: null };
  type Invited = { personId: string; changeSetId: string };
  const { personId, changeSetId } = await done<Invited>(two.admin, { name: "invitePerson", body });
  await decided(two, changeSetId);
  if (!hasJoined) return { personId, email, name, changeSetId };
  const params = { id: personId };
  const { link } = await done<{ link: string }>(two.admin, { name: "createPersonLink", params });
  const { code } = await done<{ code: string }>(two.approver, { name: "createPersonCode", params });
  await acceptLink(ctx, { token: link.split("/").at(-1) ?? "", code, password: "of their own choice" });
  const changes = [{ member: `person:${personId}/sign-in`, after: { purpose: "reset" } }];
  const { draft } = await done<{ draft: { id: string } }>(two.admin, { name: "editDraft", body: { changes } });
  await done(two.admin, { name: "proposeChangeSet", params: { id: draft.id }, body: { reason: "Lost it." } });
  await decided(two, draft.id);
  return { personId, email, name, changeSetId: draft.id };
}

/** What somebody writes who wants to be the target. */
function bodiesFor({ personId, email, name }: Target): unknown[] {
  const reason = "Asked by the test.";
  const person = { email, name, role: "operator", publisherId: null, state: "active" };
  const values: [string, unknown][] = [
    ["/sign-in", { purpose: "reset" }],
    ["/sign-in", { purpose: "invite" }],
    ["/sign-in", null],
    ["/sign-in-lock", null],
    ["", { ...person, state: "invited" }],
    ["", person],
    ["", { ...person, role: "admin" }],
    ["", { ...person, email: `x${email}` }],
  ];
  const invitation = { name, role: "operator", publisherId: null };
  return [
    {},
    { reason },
    { personId },
    { ...invitation, email },
    { ...invitation, email: email.toUpperCase() },
    { ...invitation, email: `${ctx.ids.next("person")}@harbor.example`, role: "auditor" },
    ...values.map(([part, after]) => ({ changes: [{ member: `person:${personId}${part}`, after }], reason })),
  ];
}

/** Of the bodies those that a call takes, each once as it is read. */
function taken(route: (typeof routes)[number][1], bodies: readonly unknown[]): unknown[] {
  const shape = "input" in route && "body" in route.input ? route.input.body : undefined;
  if (!(shape instanceof z.ZodType)) return [{}];
  const read = bodies.flatMap((body) => {
    const parsed = shape.safeParse(body);
    return parsed.success ? [JSON.stringify(parsed.data)] : [];
  });
  return [...new Set(read)].map((text) => JSON.parse(text) as unknown);
}

/** Every call, with every body that it takes, of the target and of what was seen last; answers with all that was said. */
async function walk(one: Member, who: Target, seen: Set<string>): Promise<string> {
  const said: string[] = [];
  for (const [name, route] of routes) {
    const ids = route.path.includes("{id}") ? [who.personId, who.changeSetId, ...[...seen].slice(-2)] : [""];
    for (const id of ids) {
      for (const body of taken(route, bodiesFor(who))) {
        const params = { id, appId: "com.example.none", sequence: "1", denialId: "den_none", tokenId: "tok_none" };
        const { text } = await call(one, { name, params, body });
        said.push(text);
        if (route.method !== "GET") for (const [found] of text.matchAll(/\bcs_\w{20}\b/g)) seen.add(found);
      }
    }
  }
  return said.join("\n");
}

/** Whether that password is theirs by now, while they may decide. */
let asked = 0;
async function isTaken({ personId, email }: Target, reader: PersonActor): Promise<boolean> {
  asked += 1;
  const client = { address: `198.51.100.${asked}`, userAgent: "test" };
  const isIn = await signInWithPassword(ctx, { email, password: PASSWORD }, client).then(
    () => true,
    (error: unknown) => {
      if (!isAppError(error)) throw error;
      return false;
    },
  );
  const { items } = await listPeople(ctx, reader, {});
  const role = items.find(({ id }) => id === personId)?.role;
  return isIn && role !== undefined && isDecidingRole(role);
}

async function tryAll(said: string): Promise<void> {
  const tokens = new Set([...said.matchAll(/\/link\/([\w-]{43})/g)].map(([, token]) => token ?? ""));
  const codes = new Set([...said.matchAll(/\b[A-Z0-9]{5}-[A-Z0-9]{5}\b/g)].map(([code]) => code));
  for (const token of tokens) {
    for (const code of [undefined, ...codes]) {
      await acceptLink(ctx, { token, password: PASSWORD, ...(code === undefined ? {} : { code }) }).catch(
        (error: unknown) => {
          if (!isAppError(error)) throw error;
        },
      );
    }
  }
}

describe.each([false, true])("a sign-in, given to somebody who joined before: %s,", (hasJoined) => {
  test.each(["admin", "approver"] as const)(
    "is not to be used by its %s alone, whatever they call, and lower the role as they may",
    async (half) => {
      const two = { admin: await member("admin"), approver: await member("security") };
      const who = await target(two, hasJoined);
      const seen = new Set<string>();
      const said: string[] = [];
      const use = async () => {
        said.push(await walk(two[half], who, seen));
        await tryAll(said.join("\n"));
        expect(await isTaken(who, two.admin.actor)).toBe(false);
      };
      await use();
      // Without the role the link would be whole; what lowered it can be undone.
      const { email, name } = who;
      const after = { email, name, role: "auditor", publisherId: null, state: hasJoined ? "active" : "invited" };
      const changes = [{ member: `person:${who.personId}`, after }];
      const lowered = await call(two[half], { name: "narrowNow", body: { changes, reason: "Asked by the test." } });
      expect(lowered.status).toBe(half === "admin" ? 200 : 403);
      await use();
      for (const [id] of lowered.text.matchAll(/\bcs_\w{20}\b/g)) {
        await call(two[half], { name: "undoChangeSet", params: { id } });
      }
      await use();
    },
    600_000,
  );
});

test("the two together can: both halves are what it takes", async () => {
  const two = { admin: await member("admin"), approver: await member("security") };
  const who = await target(two, false);
  const said = await [await walk(two.admin, who, new Set()), await walk(two.approver, who, new Set())].join("\n");
  await tryAll(said);
  expect(await isTaken(who, two.admin.actor)).toBe(true);
}, 600_000);
