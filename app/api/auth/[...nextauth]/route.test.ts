import { NextRequest } from "next/server";
import { decode } from "next-auth/jwt";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sessions } from "@/db/schema";
import { createLink } from "@/lib/auth/links";
import { sessionCookie } from "@/lib/auth/session-cookie";
import { SESSION_LIFE_MS } from "@/lib/auth/session-life";
import { provideServices, type ServiceContext } from "@/lib/services/context";
import { openServiceFixture, type ServiceFixture } from "@/lib/services/testing/service-fixture";
import { GET, POST } from "./route";

let held: ServiceFixture;
let ctx: ServiceContext;
beforeAll(async () => {
  held = await openServiceFixture();
  // next-auth reads the wall clock: nothing of it is asserted but how long a session lives.
  ctx = { ...held.ctx, config: { ...held.ctx.config, isDevelopmentStore: true } };
  provideServices(ctx);
});
afterAll(() => held.close());

const url = (path: string) => `${ctx.config.baseUrl}/api/auth/${path}`;
const cookiesOf = (response: Response) => response.headers.getSetCookie().map((line) => line.split(";")[0] ?? "");

async function post(path: string, fields: Record<string, string>): Promise<Response> {
  const asked = await GET(new NextRequest(url("csrf")));
  const { csrfToken } = await asked.json();
  const headers = {
    cookie: cookiesOf(asked).join("; "),
    "content-type": "application/x-www-form-urlencoded",
    "x-auth-return-redirect": "1",
  };
  const body = new URLSearchParams({ ...fields, csrfToken });
  return POST(new NextRequest(url(path), { method: "POST", headers, body }));
}

test("a link signs in by its callback, with a cookie that names a session of ours and lives as long", async () => {
  const { personId } = await held.person("auditor");
  const { token } = await ctx.store.transaction(({ db }) =>
    createLink(db, { purpose: "development", personId }, ctx.clock.nowMs()),
  );
  const answer = await post("callback/link", { token });
  const { name } = sessionCookie(ctx.config.baseUrl);
  const cookie = cookiesOf(answer).find((line) => line.startsWith(`${name}=`)) ?? "";
  const claims = await decode({ token: cookie.slice(name.length + 1), secret: ctx.config.authSecret, salt: name });
  const rows = await ctx.store.db.select({ id: sessions.id, personId: sessions.personId }).from(sessions);
  expect(rows).toEqual([{ id: claims?.sid, personId }]);
  expect(((claims?.exp ?? 0) - (claims?.iat ?? 0)) * 1000).toBe(SESSION_LIFE_MS);
});

test("no other door of next-auth is open", async () => {
  for (const path of ["providers", "session", "signin", "signout", "error", "callback/other"]) {
    expect((await GET(new NextRequest(url(path)))).status, path).toBe(404);
  }
});
