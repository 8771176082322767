import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import { signInPath } from "@/lib/domain/return-path";
import { consoleRoutes } from "@/lib/http/console-routes";
import type { ConsoleSession } from "../../scripts/client/console-session";
import { inParallel, type RawAnswer, type RawRequest, refusalCode, sendRaw } from "../fixtures/raw-request";
import { type RunningServer, startServer } from "../fixtures/running-server";
import { pressUntilShown } from "../fixtures/until-listening";

const APP = "com.example.hidden";
/** Words that stand in the store and nowhere else: an answer to a stranger that holds one of them tells too much. */
const SECRETS = [APP, "Hidden Program", "Hidden Publisher", "Mara Lindqvist", "mara.lindqvist"];
const PAGES = [
  ...[
    "/",
    "/programs",
    `/programs/${APP}`,
    "/policy",
    "/audit",
    "/fleet",
    "/people",
    "/publishers",
    "/readiness",
    "/set-up",
  ],
  ...["/portal", "/portal/programs", "/portal/submit", `/portal/programs/${APP}`, `/portal/programs/${APP}/published`],
  "/portal/denials/0123456789abcdef0123",
  ...["access", "limits", "telemetry", "blocked", "versions", "audit"].map((tab) => `/programs/${APP}/${tab}`),
];
const WRITES = Object.values(consoleRoutes).filter(({ method }) => method !== "GET");

let dataDir: string;
let server: RunningServer;
let operator: ConsoleSession;
let cookie: string;

test.beforeAll(async () => {
  test.setTimeout(120_000);
  dataDir = mkdtempSync(join(tmpdir(), "bulkhead-headers-"));
  server = await startServer({ dataDir, port: 0 });
  operator = await server.session("operator");
  cookie = `${operator.cookie.name}=${operator.cookie.value}`;
  const publisher = await operator.post<{ id: string }>("publishers", { name: "Hidden Publisher" });
  await operator.post("programs", { appId: APP, name: "Hidden Program", publisherId: publisher.id });
});

test.afterAll(async () => {
  await server?.child.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

/** Asks, and follows what Next sends its own client elsewhere, as that client would. */
async function follow(asked: RawRequest): Promise<RawAnswer> {
  const first = await sendRaw(server.url, asked);
  const next = first.headers.location;
  if (next === undefined || !next.includes("_rsc")) return first;
  return sendRaw(server.url, { ...asked, path: next });
}

function told(answer: RawAnswer): string[] {
  const everything = `${JSON.stringify(answer.headers)}\n${answer.text}`;
  return SECRETS.filter((secret) => everything.includes(secret));
}

test("what is looked for is there for those who may see it", async () => {
  const found = new Set<string>();
  for (const path of ["/programs", "/publishers", "/people"]) {
    for (const secret of told(await sendRaw(server.url, { path, headers: { cookie } }))) found.add(secret);
  }
  expect([...found].sort()).toEqual([...SECRETS].sort());
});

test("every page sends a stranger to sign in, and back to itself after it", async () => {
  const wrong = await inParallel(PAGES, 4, async (path) => {
    const answer = await sendRaw(server.url, { path });
    const isRight =
      answer.status === 307 && answer.headers.location === signInPath(path) && !told(answer).some(isNotInPath(path));
    return isRight ? null : `${path} → ${answer.status} ${answer.headers.location} ${told(answer)}`;
  });
  expect(wrong.filter((line) => line !== null)).toEqual([]);
});

test("what a code means is read by anybody, the same by all, and a code that no list has is a page that is not there", async () => {
  const withoutMarks = ({ text }: RawAnswer) => text.replace(/nonce="[^"]*"|"nonce":"[^"]*"/g, "");
  for (const path of [
    "/errors/HOST_NOT_ALLOWED",
    "/errors/host_not_allowed",
    "/errors/TOO_LARGE",
    "/errors/forbidden",
  ]) {
    const stranger = await sendRaw(server.url, { path });
    expect([path, stranger.status]).toEqual([path, 200]);
    expect(stranger.text).toContain("Who mends it");
    const signedIn = await sendRaw(server.url, { path, headers: { cookie } });
    expect([signedIn.status, told(stranger), told(signedIn)]).toEqual([200, [], []]);
    expect(withoutMarks(signedIn).length).toBe(withoutMarks(stranger).length);
  }
  for (const path of ["/errors/NO_SUCH_CODE", "/errors/constructor", "/errors/%3Cscript%3E"]) {
    for (const headers of [{}, { cookie }]) {
      const answer = await sendRaw(server.url, { path, headers });
      expect([path, answer.status, told(answer)]).toEqual([path, 404, []]);
      expect(answer.text).not.toContain("<script>");
    }
  }
});

/** A page's own path comes back in its answer; that is what the stranger said, not what we told. */
const isNotInPath = (path: string) => (secret: string) => !path.includes(secret);

test("no header of the framework's own and no spelling of a path shows a stranger anything", async () => {
  test.setTimeout(180_000);
  const headers: Record<string, string>[] = [
    { "x-middleware-subrequest": "proxy:proxy:proxy:proxy:proxy" },
    { "x-middleware-subrequest": "src/middleware:src/middleware:src/middleware:src/middleware:src/middleware" },
    { "x-middleware-next": "1", "x-middleware-rewrite": "/programs", "x-middleware-override-headers": "cookie" },
    { "x-nextjs-data": "1", "x-nextjs-request-id": "1", "x-nextjs-html-request-id": "1" },
    { "x-matched-path": `/programs/${APP}`, "x-invoke-path": "/programs", "x-invoke-status": "200" },
    { rsc: "1" },
    { rsc: "1", "next-router-prefetch": "1", "next-router-segment-prefetch": "/_tree" },
    { rsc: "1", "next-router-prefetch": "1", "next-router-segment-prefetch": "/(console)/programs/__PAGE__" },
    {
      rsc: "1",
      "next-router-state-tree": encodeURIComponent(
        '["",{"children":["(console)",{"children":["programs",{"children":["__PAGE__",{}]}]}]}]',
      ),
    },
    { "x-forwarded-host": "evil.example", "x-forwarded-proto": "https", "x-forwarded-for": "127.0.0.1" },
    { "x-original-url": "/programs", "x-rewrite-url": "/programs", "x-http-method-override": "GET" },
    { authorization: "Bearer x", cookie: "bulkhead.session=x; authjs.session-token=x" },
  ];
  const spellings = [
    ...["/programs.rsc", "/programs.txt", "/programs.segments/_tree.segment.rsc", "/index.rsc", "/PROGRAMS"],
    ...[
      "/%2fprograms",
      "//programs",
      "/programs%2f",
      "/..%2fprograms",
      "/%2e%2e/programs",
      "/;/programs",
      "/./programs",
    ],
    ...["/_next/data/x/programs.json", "/_next/image?url=%2Fprograms&w=64&q=75", "/%70rograms", "/programs?_rsc=x"],
    ...["/api/console/v1%2fprograms", "/api/console/v1/programs.rsc", "/api//console/v1/programs"],
    ...["/%61pi/console/v1/programs", "/api/runtime/../console/v1/programs", "/API/console/v1/programs"],
    ...["/api/console/v1/programs/", "/api/console/v1/programs/..%2fpeople", "/api/runtime/v1/%2e%2e/console/programs"],
  ];
  const questions: RawRequest[] = [
    ...headers.flatMap((given) => [...PAGES, "/api/console/v1/programs"].map((path) => ({ path, headers: given }))),
    ...spellings.flatMap((path) => [{ path }, { path, headers: { rsc: "1" } }]),
    // An action's answer is drawn like a page.
    ...PAGES.map((path) => ({ path, method: "POST", headers: { "next-action": "0".repeat(42) }, body: "[]" })),
  ];
  const wrong = await inParallel(questions, 6, async (question) => {
    const answer = await follow(question);
    const sent = question.path + JSON.stringify(question.headers ?? {});
    const secrets = told(answer).filter(isNotInPath(decodeURIComponent(sent)));
    const isRight = secrets.length === 0 && answer.status < 500;
    return isRight ? null : `${question.path} ${JSON.stringify(question.headers)} → ${answer.status} ${secrets}`;
  });
  expect(wrong.filter((line) => line !== null)).toEqual([]);
});

test("a write that another site's page sends is refused, whatever it changes", async () => {
  const foreign: Record<string, string>[] = [
    { origin: "https://evil.example" },
    { origin: "null" },
    { origin: `${server.url}.evil.example` },
    { origin: "http://localhost:1" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
    { origin: "https://evil.example", "x-forwarded-host": "evil.example" },
  ];
  const questions = WRITES.flatMap((route) => foreign.map((headers) => ({ route, headers })));
  const wrong = await inParallel(questions, 6, async ({ route, headers }) => {
    const answer = await sendRaw(server.url, {
      method: route.method,
      path: route.path.replaceAll(/\{\w+\}/g, "x"),
      headers: { cookie, "content-type": "application/json", ...headers },
      body: "{}",
    });
    const isRight = answer.status === 403 && refusalCode(answer) === "forbidden";
    return isRight ? null : `${route.method} ${route.path} ${JSON.stringify(headers)} → ${answer.status}`;
  });
  expect(wrong.filter((line) => line !== null)).toEqual([]);
  expect((await operator.get<{ personId: string }>("session")).personId).toMatch(/^per_/);
});

test("a body that a plain form can send is no body of ours", async () => {
  const types = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""];
  for (const type of types) {
    const answer = await sendRaw(server.url, {
      method: "POST",
      path: "/api/console/v1/publishers",
      headers: { cookie, ...(type === "" ? {} : { "content-type": type }) },
      body: '{"name":"Forged"}',
    });
    expect([type, answer.status, refusalCode(answer)]).toEqual([type, 415, "unsupported_media_type"]);
  }
});

test("every answer forbids framing and sniffing, and no page runs a script without this load's nonce", async () => {
  const nonces = new Set<string>();
  for (const path of ["/sign-in", "/sign-in", "/", "/programs", "/link/not-a-link", "/nowhere"]) {
    const answer = await sendRaw(server.url, { path, headers: path === "/sign-in" ? {} : { cookie } });
    const policy = String(answer.headers["content-security-policy"]);
    const nonce = /script-src [^;]*'nonce-([^']+)'/.exec(policy)?.[1] ?? "";
    expect(Buffer.from(nonce, "base64").length).toBeGreaterThanOrEqual(16);
    nonces.add(nonce);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain("object-src 'none'");
    expect(policy).toContain("base-uri 'none'");
    const scripts = /script-src ([^;]*)/.exec(policy)?.[1] ?? "";
    expect(scripts).not.toMatch(/unsafe-inline|unsafe-eval|https?:|\*/);
    expect(answer.headers).toMatchObject({
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "referrer-policy": "no-referrer",
      "cross-origin-opener-policy": "same-origin",
    });
    expect(answer.headers["x-powered-by"]).toBeUndefined();
    expect(answer.headers["cache-control"]).toMatch(/no-store/);
    const elements = [...answer.text.matchAll(/<(script|style)\b([^>]*)>/g)];
    expect(elements.length).toBeGreaterThan(0);
    for (const [element, , attributes = ""] of elements) {
      expect(attributes, `${path}: ${element}`).toContain(`nonce="${nonce}"`);
    }
    expect(answer.text).not.toMatch(/\son[a-z]+="/);
  }
  expect(nonces.size).toBe(6);
});

test("a nonce or policy that the client sends is not taken over", async () => {
  const answer = await sendRaw(server.url, {
    path: "/sign-in",
    headers: { "x-nonce": "evil", "content-security-policy": "script-src 'nonce-evil'" },
  });
  expect(answer.text).not.toContain("evil");
  expect(String(answer.headers["content-security-policy"])).not.toContain("evil");
});

test("forged x-forwarded headers move no redirect and no cookie", async () => {
  const forged = { "x-forwarded-host": "evil.example", "x-forwarded-proto": "https", host: "evil.example" };
  for (const path of ["/", "/api/auth/signin", "/api/auth/csrf", "/api/auth/providers", "/api/auth/signout"]) {
    const answer = await sendRaw(server.url, { path, headers: forged });
    expect(String(answer.headers.location ?? ""), path).not.toContain("evil.example");
    expect(JSON.stringify(answer.headers["set-cookie"] ?? []), path).not.toContain("evil.example");
    expect(answer.text, path).not.toContain("evil.example");
  }
});

test("no page tries what its content policy stops", async ({ browser }) => {
  const context = await browser.newContext({ baseURL: server.url });
  await context.addCookies([{ ...operator.cookie, url: server.url, httpOnly: true, sameSite: "Lax" }]);
  const page = await context.newPage();
  const stopped: string[] = [];
  await page.exposeFunction("tellStopped", (what: string) => stopped.push(what));
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
      // Safe: exposed above, to this page alone.
      (window as unknown as { tellStopped(what: string): void }).tellStopped(`${violatedDirective} ${blockedURI}`);
    });
  });
  for (const path of ["/", `/programs/${APP}`, "/audit"]) {
    await page.goto(path);
    await expect(page.getByRole("main")).toBeVisible();
    // Whoever answers keys has run what the page runs at first.
    await pressUntilShown(page, "?", page.getByRole("dialog"));
  }
  await context.close();
  expect(stopped).toEqual([]);
});
