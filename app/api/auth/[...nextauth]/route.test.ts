import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { eq } from "drizzle-orm";
import { NextRequest } from "next/server";
import { decode } from "next-auth/jwt";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { sessions } from "@/db/schema";
import { createLink } from "@/lib/auth/links";
import { nextAuth } from "@/lib/auth/next-auth";
import { sessionCookie } from "@/lib/auth/session-cookie";
import { SESSION_LIFE_MS } from "@/lib/auth/session-life";
import { provideServices, type ServiceContext } from "@/lib/services/context";
import { openServiceFixture, type ServiceFixture } from "@/lib/services/testing/service-fixture";
import { GET, POST } from "./route";

// Outside of Next there is no request that it answers.
vi.mock("next/headers", () => ({ headers: async () => new Headers() }));

let held: ServiceFixture;
let ctx: ServiceContext;
let provider: Server;
/** What the identity provider says next, beside its name. */
let claims: object;

/** An identity provider that knows one client and gives a token for every code. */
function openProvider(): Promise<Server> {
  const server = createServer((request, response) => {
    const issuer = issuerOf(server);
    const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const now = Math.floor(Date.now() / 1000);
    const own = { iss: issuer, aud: "console", iat: now, exp: now + 60 };
    const answer = request.url?.startsWith("/.well-known/")
      ? {
          ...{ issuer, authorization_endpoint: `${issuer}/authorize`, token_endpoint: `${issuer}/token` },
          // Never asked: what it says of a person is in the token.
          userinfo_endpoint: `${issuer}/me`,
        }
      : {
          ...{ access_token: "a", token_type: "bearer" },
          id_token: `${base64({ alg: "RS256" })}.${base64({ ...own, ...claims })}.${"s".repeat(8)}`,
        };
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(answer));
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}
const issuerOf = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

beforeAll(async () => {
  held = await openServiceFixture();
  provider = await openProvider();
  const oidc = { issuer: issuerOf(provider), clientId: "console", clientSecret: "secret", name: "Harbor" };
  ctx = { ...held.ctx, config: { ...held.ctx.config, isDevelopmentStore: true, oidc } };
  provideServices(ctx);
  // What next-auth would read of the environment moves none of its doors.
  vi.stubEnv("AUTH_URL", `${ctx.config.baseUrl}/elsewhere`);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  provider.close();
  await held.close();
});

const url = (path: string) => `${ctx.config.baseUrl}/api/auth/${path}`;
const cookiesOf = (response: Response) => response.headers.getSetCookie().map((line) => line.split(";")[0] ?? "");

/** A form of next-auth's, sent with the token that guards it; answers with the cookies that were sent, too. */
async function post(to: typeof POST, path: string, fields: Record<string, string>) {
  const asked = await GET(new NextRequest(url("csrf")));
  const { csrfToken } = await asked.json();
  const cookies = cookiesOf(asked);
  const headers = {
    cookie: cookies.join("; "),
    "content-type": "application/x-www-form-urlencoded",
    "x-auth-return-redirect": "1",
  };
  const body = new URLSearchParams({ ...fields, csrfToken });
  return { answer: await to(new NextRequest(url(path), { method: "POST", headers, body })), cookies };
}

/** What the session cookie of an answer says; null where it has none. */
async function sessionOf(answer: Response) {
  const { name } = sessionCookie(ctx.config.baseUrl);
  const cookie = cookiesOf(answer).find((line) => line.startsWith(`${name}=`));
  if (cookie === undefined) return null;
  return decode({ token: cookie.slice(name.length + 1), secret: ctx.config.authSecret, salt: name });
}

const sessionsOf = async (personId: string) =>
  (await ctx.store.db.select({ id: sessions.id }).from(sessions).where(eq(sessions.personId, personId))).map(
    ({ id }) => id,
  );

test("a link signs in by its callback, with a cookie that names a session of ours and lives as long", async () => {
  const { personId } = await held.person("auditor");
  const { token } = await ctx.store.transaction(({ db }) =>
    createLink(db, { purpose: "development", personId }, ctx.clock.nowMs()),
  );
  const session = await sessionOf((await post(POST, "callback/link", { token })).answer);
  expect(await sessionsOf(personId)).toEqual([session?.sid]);
  expect(((session?.exp ?? 0) - (session?.iat ?? 0)) * 1000).toBe(SESSION_LIFE_MS);
});

test.each([
  ["lets an invited person in by an e-mail that it verified", true],
  ["lets nobody in by an e-mail that it did not verify", false],
])("an identity provider %s", async (_, isVerified) => {
  const { personId, email } = await held.person("auditor", { state: "invited" });
  // The console's own button asks; the door from outside stays shut.
  const { answer: begun, cookies } = await post(nextAuth().handlers.POST, "signin/oidc", {});
  const asked = new URL((await begun.json()).url);
  const { state = "", nonce } = Object.fromEntries(asked.searchParams);
  claims = { sub: personId, email, email_verified: isVerified, nonce };
  const headers = { cookie: [...cookies, ...cookiesOf(begun)].join("; ") };
  const callback = `${url("callback/oidc")}?${new URLSearchParams({ code: "c", state })}`;
  const session = await sessionOf(await GET(new NextRequest(callback, { headers })));
  expect(await sessionsOf(personId)).toEqual(isVerified ? [session?.sid] : []);
  expect(session === null).toBe(!isVerified);
});

test("no other door of next-auth is open", async () => {
  for (const path of ["providers", "session", "signin", "signout", "error", "callback/other"]) {
    const answer = await GET(new NextRequest(url(path)));
    expect(answer.status, path).toBe(404);
    expect(await answer.json()).toMatchObject({ error: { code: "not_found", help: "errors/not_found" } });
  }
});
