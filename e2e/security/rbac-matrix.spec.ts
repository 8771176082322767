import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import { hasPermission, type Role } from "@/lib/domain/roles";
import { inParallel, type RawRequest, refusalCode, sendRaw } from "../fixtures/raw-request";
import { type RunningServer, startServer } from "../fixtures/running-server";
import { prepareActors, type TestActor, type TestActors } from "./actors";
import { CONSOLE, EXPECTED, type Expectation } from "./expected";

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
