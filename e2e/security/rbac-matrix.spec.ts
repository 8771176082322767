import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, expect, type Page, test } from "@playwright/test";
import type { ChangeSetDetail } from "@/lib/contracts/change-sets";
import type { Overview } from "@/lib/contracts/overview";
import { hasPermission, type Role } from "@/lib/domain/roles";
import { pagesLeftOut } from "../fixtures/page-files";
import { inParallel, type RawRequest, refusalCode, sendRaw } from "../fixtures/raw-request";
import { type RunningServer, startServer } from "../fixtures/running-server";
import { prepareActors, type TestActor, type TestActors } from "./actors";
import { CHANGES_NOTHING, type Control, type Door, testedPages, VERB_NAMES } from "./controls";
import { CONSOLE, EXPECTED, type Expectation } from "./expected";
import { prepareWorld, type World } from "./prepare-world";

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"];
/** Two cores: more at once only wait for each other. */
const WIDTH = 6;

let dataDir: string;
let server: RunningServer;
let prepared: TestActors;
let routes: { call: string; method: string; path: string }[];

test.beforeAll(async () => {
  test.setTimeout(120_000);
  dataDir = mkdtempSync(join(tmpdir(), "bulkhead-matrix-"));
  server = await startServer({ dataDir, port: 0 });
  prepared = await prepareActors(server);
  const { text } = await sendRaw(server.url, { path: "/api/openapi.json" });
  const { paths } = JSON.parse(text) as { paths: Record<string, Record<string, unknown>> };
  routes = Object.entries(paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((name) => ({
      call: `${name.toUpperCase()} ${path}`,
      method: name.toUpperCase(),
      path,
    })),
  );
});

test.afterAll(async () => {
  await server?.child.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

function expectationOf(call: string): Expectation {
  const expectation = EXPECTED[call];
  if (expectation === undefined) throw new Error(`${call} has no line in e2e/security/expected.ts`);
  return expectation;
}

function requestFor(route: { method: string; path: string }, expectation: Expectation, actor: TestActor): RawRequest {
  const { params = {}, body, contentType = "application/json", endsSession = false } = expectation;
  const who = endsSession ? (actor.spareHeaders ?? actor.headers) : actor.headers;
  return {
    method: route.method,
    path: route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? "")),
    headers: { ...who, ...(body === undefined ? {} : { "content-type": contentType }) },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  };
}

/** What the contract's roles say of this actor and this call. */
function statusFor(expectation: Expectation, actor: TestActor): number {
  if ("everybody" in expectation) return expectation.answer;
  if ("only" in expectation) return actor.speaksFor === expectation.only ? expectation.answer : 401;
  if (actor.role === null) return 401;
  return isAdmitted(expectation.people, actor.role) ? expectation.answer : 403;
}

function isAdmitted(people: Extract<Expectation, { people: unknown }>["people"], role: Role): boolean {
  if (people === "signed-in") return true;
  const wanted = typeof people === "string" ? [people] : people;
  return wanted.some((permission) => hasPermission(role, permission));
}

test("every call that is served has an expectation, and no expectation is without a call", () => {
  expect(routes.map(({ call }) => call).sort()).toEqual(Object.keys(EXPECTED).sort());
});

test("each call answers each actor as the contract's roles say, and no other", async () => {
  test.setTimeout(240_000);
  const endsSession = ({ call }: { call: string }) => expectationOf(call).endsSession === true;
  const inOrder = [...routes.filter((route) => !endsSession(route)), ...routes.filter(endsSession)];
  const questions = inOrder.flatMap((route) => prepared.actors.map((actor) => ({ route, actor })));
  const wrong = await inParallel(questions, WIDTH, async ({ route, actor }) => {
    const expectation = expectationOf(route.call);
    const wanted = statusFor(expectation, actor);
    const answer = await sendRaw(server.url, requestFor(route, expectation, actor));
    const codes: Record<number, string> = { 401: "unauthenticated", 403: "forbidden", 404: "not_found" };
    const isRight = answer.status === wanted && (codes[wanted] ?? refusalCode(answer)) === refusalCode(answer);
    return isRight
      ? null
      : `${actor.name}: ${route.call} → ${answer.status} ${answer.text.slice(0, 120)}, not ${wanted}`;
  });
  expect(wrong.filter((line) => line !== null)).toEqual([]);
});

test("no path answers to a method that was not described, whoever asks", async () => {
  test.setTimeout(240_000);
  const paths = [...new Set(routes.map(({ path }) => path))];
  const served = new Set(routes.map(({ call }) => call));
  const [nobody, ...others] = prepared.actors;
  const questions = paths.flatMap((path, index) => {
    const methods = METHODS.filter((method) => !served.has(`${method} ${path}`));
    // Every method for nobody; for each of the others one, another on each path.
    return [
      ...methods.map((method) => ({ path, method, actor: nobody })),
      ...others.map((actor, place) => ({ path, method: methods[(index + place) % methods.length] ?? "PUT", actor })),
    ];
  });
  const wrong = await inParallel(questions, WIDTH, async ({ path, method, actor }) => {
    const answer = await sendRaw(server.url, { method, path, headers: actor?.headers ?? {} });
    // Next tells the methods of its own handlers to anybody who asks by OPTIONS, and nothing else.
    const wanted = method === "OPTIONS" && path.startsWith(CONSOLE) && !path.endsWith("/stream") ? 204 : 405;
    const isRight = answer.status === wanted && (wanted !== 204 || answer.text === "");
    return isRight ? null : `${actor?.name}: ${method} ${path} → ${answer.status} ${answer.text.slice(0, 80)}`;
  });
  expect(wrong.filter((line) => line !== null)).toEqual([]);
});

test("another publisher's program and one that is not there look alike", async () => {
  const { operator } = prepared.sessions;
  const other = await operator.post<{ id: string }>("publishers", { name: "Somebody Else" });
  const appId = "com.example.others";
  await operator.post("programs", { appId, name: "Others", publisherId: other.id });
  const tool = prepared.actors.find(({ speaksFor }) => speaksFor === "publisher");
  const ask = async (name: string, part: string) => {
    const path = `/api/publisher/v1/programs/${name}/${part}`;
    const { status, headers, text } = await sendRaw(server.url, { path, headers: tool?.headers ?? {} });
    const { requestId: _, ...body } = JSON.parse(text) as { requestId: string };
    const { date: __, "x-request-id": ___, ...rest } = headers;
    return { status, headers: rest, body };
  };
  for (const part of ["quota", "denials"]) {
    const others = await ask(appId, part);
    expect(others.status).toBe(404);
    expect(others).toEqual(await ask("com.example.nowhere", part));
  }
});

test("members that a caller may not set are refused or have no effect", async () => {
  const { admin, operator } = prepared.sessions;
  const stranger = "per_00000000000000000000";
  const invited = await admin.post<{ personId: string }>("people", {
    ...{ email: "massive@harbor.example", name: "Max Adeyemi", role: "auditor" },
    ...{ id: stranger, personId: stranger, state: "active", isMe: true, createdAt: "2000-01-01T00:00:00.000Z" },
  });
  const { items } = await admin.get<{ items: { id: string; state: string; createdAt: string }[] }>("people");
  const person = items.find(({ id }) => id === invited.personId);
  expect(person).toMatchObject({ state: "invited" });
  expect(person?.createdAt.startsWith("2000")).toBe(false);
  expect(items.map(({ id }) => id)).not.toContain(stranger);
  const publisher = await operator.post<{ id: string }>("publishers", {
    ...{ name: "Massive", id: prepared.publisherId, keys: [{ kid: "x" }], tokens: [{ id: "y" }] },
  });
  expect(publisher).toMatchObject({ keys: [], tokens: [] });
  expect(publisher.id).not.toBe(prepared.publisherId);
});

test("no answer to a reader carries a secret", async () => {
  const { auditor } = prepared.sessions;
  for (const path of ["people", "publishers", "devices", "audit", "session"]) {
    const text = JSON.stringify(await auditor.get<unknown>(path));
    expect(text).not.toMatch(/passwordHash|tokenSha256|accessToken|privateKey|"token":|scrypt|authSecret/i);
  }
});

/** Developers have rooms of their own. */
const CONSOLE_ROLES = ["admin", "operator", "security", "auditor"] as const satisfies readonly Role[];
const AWAY = "Nothing at this address";
const PAGES_AT_ONCE = 3;

test.describe("on every page", () => {
  let world: World;
  const links = new Map<Role, Set<string>>();

  test.beforeAll(async () => {
    test.setTimeout(120_000);
    world = await prepareWorld(server.url, prepared);
  });

  const headersOf = (role: Role) => prepared.actors.find((actor) => actor.name === role)?.headers ?? {};

  test("is looked at: none is left out", () => {
    const paths = testedPages(world).map(({ path }) => path);
    // What is nowhere offers nothing but the way back.
    expect(pagesLeftOut("app/(console)", [...paths, "/nowhere"])).toEqual([]);
  });

  for (const role of CONSOLE_ROLES) {
    test(`${role} is offered what the doors take of them, and nothing else`, async ({ browser }) => {
      test.setTimeout(180_000);
      const context = await browser.newContext({ baseURL: server.url, viewport: { width: 1680, height: 1050 } });
      await signIn(context, role);
      const taken = new Map<string, Promise<boolean>>();
      /** Whether this door lets this role in; asked once of each. */
      const lets = (door: Door) => {
        const key = JSON.stringify(door);
        const known = taken.get(key) ?? isLetIn(door, headersOf(role));
        taken.set(key, known);
        return known;
      };
      const found = new Set<string>();
      links.set(role, found);
      const wrong: string[] = [];
      await inParallel(testedPages(world), PAGES_AT_ONCE, async (tested) => {
        const page = await context.newPage();
        await page.goto(tested.path, { waitUntil: "domcontentloaded" });
        const controls = [...tested.controls.map((control) => ({ ...control, isOffered: lets(control.door) }))];
        const wanted = await Promise.all(
          controls.map(async ({ name, isOffered }) => ({ name, isOffered: await isOffered })),
        );
        if (tested.path === "/") wanted.push({ name: /^Undo, /, isOffered: await canUndo(role) });
        if (tested.changeSetId !== undefined) wanted.push(...(await wantedVerbs(tested.changeSetId, role)));
        const differences = async () => differ(await offeredOn(page), wanted);
        // A panel is there a moment after its page; what is not there then, or is and should not be, is told once.
        await expect
          .poll(differences, { timeout: 10_000, intervals: [50, 100, 200, 400] })
          .toEqual([])
          .catch(async () => wrong.push(...(await differences()).map((line) => `${tested.path}: ${line}`)));
        for (const href of await linksOn(page)) found.add(href);
        await page.close();
      });
      await context.close();
      expect(wrong).toEqual([]);
    });
  }

  test("every link leads to a page that is there for whoever is shown it", async () => {
    test.setTimeout(120_000);
    const questions = CONSOLE_ROLES.flatMap((role) => [...(links.get(role) ?? [])].map((href) => ({ role, href })));
    expect(questions.length).toBeGreaterThan(100);
    const wrong = await inParallel(questions, WIDTH, async ({ role, href }) => {
      const { status, text } = await sendRaw(server.url, { path: href, headers: headersOf(role) });
      // What a page might show instead of itself stands in its scripts, of every page.
      const shown = text.replace(/<script\b[\s\S]*?<\/script>/g, "");
      return status === 200 && (href.startsWith("/api/") || shown.includes("<main")) && !shown.includes(AWAY)
        ? null
        : `${role}: ${href} → ${status}`;
    });
    expect(wrong.filter((line) => line !== null)).toEqual([]);
  });

  /** Of what was decided lately the overview offers to take back what this person may. */
  async function canUndo(role: (typeof CONSOLE_ROLES)[number]): Promise<boolean> {
    const { recent } = await prepared.sessions[role].get<Overview>("overview");
    return recent.some(({ allowedVerbs }) => allowedVerbs.includes("undo"));
  }

  /** What the server says of this set to this person. A verb that it does not name is refused by its door. */
  async function wantedVerbs(id: string, role: (typeof CONSOLE_ROLES)[number]): Promise<Wanted[]> {
    const { allowedVerbs } = await prepared.sessions[role].get<ChangeSetDetail>(`change-sets/${id}`);
    const verbs = Object.keys(VERB_NAMES) as (keyof typeof VERB_NAMES)[];
    return Promise.all(
      verbs.map(async (verb) => {
        const isOffered = allowedVerbs.includes(verb);
        if (!isOffered) {
          const answer = await sendRaw(server.url, {
            method: "POST",
            path: `${CONSOLE}change-sets/${id}/${verb}`,
            headers: { ...headersOf(role), "content-type": "application/json" },
            body: JSON.stringify({ reason: "Asked by a test." }),
          });
          expect([403, 409], `${role} ${verb} ${answer.text}`).toContain(answer.status);
        }
        return { name: VERB_NAMES[verb], isOffered };
      }),
    );
  }

  async function signIn(context: BrowserContext, role: (typeof CONSOLE_ROLES)[number]): Promise<void> {
    const { cookie } = prepared.sessions[role];
    await context.addCookies([{ ...cookie, url: server.url, httpOnly: true, sameSite: "Lax" }]);
  }
});

type Wanted = Pick<Control, "name"> & { isOffered: boolean };

async function isLetIn({ method = "POST", path, body }: Door, headers: Record<string, string>): Promise<boolean> {
  const answer = await sendRaw(server.url, {
    method,
    path,
    headers: { ...headers, ...(body === undefined ? {} : { "content-type": "application/json" }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  // Nothing that is asked is there, so whoever is let in hears of that.
  expect([400, 403, 404, 409], `${path} ${answer.text}`).toContain(answer.status);
  return answer.status !== 403;
}

/** The words of every button of the page itself that a person could meet, those that say why they wait among them. */
function offeredOn(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll("main button, aside button, [role=dialog] button, section[aria-label] button")]
      // Heads of columns sort, and what of mine is a draft is offered to me alone, on its own page too.
      .filter((button) => button.checkVisibility() && button.closest("th, [aria-label='My draft']") === null)
      .map((button) => (button.getAttribute("aria-label") ?? button.textContent ?? "").replace(/\s+/g, " ").trim())
      .filter((name) => name !== ""),
  );
}

function linksOn(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll<HTMLAnchorElement>("a[href^='/']")].map((link) => link.getAttribute("href") ?? ""),
  );
}

function differ(offered: readonly string[], wanted: readonly Wanted[]): string[] {
  const missing = wanted
    .filter(({ name, isOffered }) => isOffered && !offered.some((text) => name.test(text)))
    .map(({ name }) => `${name} is taken, and hidden`);
  const surplus = offered
    .filter((text) => !CHANGES_NOTHING.some((name) => name.test(text)))
    .filter((text) => !wanted.some(({ name, isOffered }) => isOffered && name.test(text)))
    .map((text) => `"${text}" is offered, and refused or unknown`);
  return [...missing, ...new Set(surplus)];
}
