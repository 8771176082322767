import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, expect, type Page, test } from "@playwright/test";
import type { PeopleList, SessionView } from "@/lib/contracts/people";
import type { ConsoleSession } from "../../scripts/client/console-session";
import { type IdentityProvider, startIdentityProvider } from "../fixtures/identity-provider";
import { sendRaw } from "../fixtures/raw-request";
import { type RunningServer, startServer } from "../fixtures/running-server";

const IDENTITIES = {
  vera: { email: "vera@corp.example", email_verified: true, name: "Vera Stone" },
  uma: { email: "uma@corp.example", email_verified: false, name: "Uma Roy" },
  stranger: { email: "stranger@corp.example", email_verified: true, name: "A Stranger" },
  // Says to be somebody who signs in here by other means.
  impostor: { email: "ravi.menon@harbor.example", email_verified: true, name: "Ravi Menon" },
  tampered: { email: "tampered@corp.example", email_verified: true, name: "Tam Perez" },
};

let dataDir: string;
let server: RunningServer;
let provider: IdentityProvider;
let admin: ConsoleSession;
const invited: Record<string, { personId: string; link: string }> = {};

test.beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), "bulkhead-oidc-"));
  provider = await startIdentityProvider(IDENTITIES);
  server = await startServer({ dataDir, port: 0, env: { ...process.env, ...provider.env } });
  provider.serve(server.url);
  admin = await server.session("admin");
  for (const key of ["vera", "uma", "tampered"] as const) {
    const { email, name } = IDENTITIES[key];
    invited[key] = await admin.post("people", { email, name, role: "auditor" });
  }
});

test.afterAll(async () => {
  await server?.child.stop();
  await provider?.close();
  rmSync(dataDir, { recursive: true, force: true });
});

/** Goes from the sign-in page to the provider's last question. */
async function reachConsent(browser: Browser, account: string, before?: (page: Page) => Promise<void>): Promise<Page> {
  const context = await browser.newContext({ baseURL: server.url });
  const page = await context.newPage();
  await before?.(page);
  await page.goto("/sign-in");
  await page.getByRole("button", { name: "Sign in with Harbor ID" }).click();
  await page.locator("input[name=login]").fill(account);
  await page.locator("input[name=password]").fill("the provider's business");
  await page.locator("button[type=submit]").click();
  await expect(page.getByRole("button", { name: "Continue" })).toBeVisible();
  return page;
}

/** Signs in at the provider, and ends where the console sends the browser. */
async function signIn(browser: Browser, account: string, before?: (page: Page) => Promise<void>): Promise<Page> {
  const page = await reachConsent(browser, account, before);
  await page.getByRole("button", { name: "Continue" }).click();
  await page.waitForURL((url) => url.origin === server.url && !url.pathname.startsWith("/api/"));
  return page;
}

async function whoIs(page: Page): Promise<{ status: number; session: SessionView | null }> {
  const answer = await page.request.get("/api/console/v1/session");
  return { status: answer.status(), session: answer.ok() ? ((await answer.json()) as SessionView) : null };
}

async function expectRefused(page: Page): Promise<void> {
  expect(new URL(page.url()).pathname).toBe("/sign-in");
  await expect(page.getByText("This account is not known here.")).toBeVisible();
  expect((await whoIs(page)).status).toBe(401);
  await page.context().close();
}

async function stateOf(key: keyof typeof IDENTITIES): Promise<string | undefined> {
  const { items } = await admin.get<PeopleList>("people");
  return items.find(({ email }) => email === IDENTITIES[key].email)?.state;
}

test("an invited person whose e-mail the provider has verified is linked, and is the same person ever after", async ({
  browser,
}) => {
  const page = await signIn(browser, "vera");
  const { session } = await whoIs(page);
  expect(session).toMatchObject({ personId: invited.vera?.personId, role: "auditor", name: "Vera Stone" });
  expect(await stateOf("vera")).toBe("active");
  await page.context().close();
  const again = await signIn(browser, "vera");
  expect((await whoIs(again)).session?.personId).toBe(invited.vera?.personId);
  await again.context().close();
  const audit = await admin.get<{ items: { action: string }[] }>("audit?action=person.linkIdentity");
  expect(audit.items).toHaveLength(1);
});

test("linking uses up the invitation: its link sets no password afterwards", async () => {
  const { pathname } = new URL(invited.vera?.link ?? "");
  const page = await sendRaw(server.url, { path: pathname });
  expect(page.text).toContain("was used, or has expired");
});

test("an e-mail that the provider did not verify links nobody", async ({ browser }) => {
  await expectRefused(await signIn(browser, "uma"));
  expect(await stateOf("uma")).toBe("invited");
});

test("an account that nobody invited is refused", async ({ browser }) => {
  await expectRefused(await signIn(browser, "stranger"));
  expect(await stateOf("stranger")).toBeUndefined();
});

test("an e-mail of somebody who is here already links nobody: that takes another's approval", async ({ browser }) => {
  await expectRefused(await signIn(browser, "impostor"));
});

const TAMPERING: { what: string; change(url: URL): void }[] = [
  { what: "state", change: (url) => url.searchParams.set("state", `${url.searchParams.get("state")}x`) },
  { what: "nonce", change: (url) => url.searchParams.set("nonce", "another") },
  { what: "code challenge", change: (url) => url.searchParams.set("code_challenge", "A".repeat(43)) },
];
for (const { what, change } of TAMPERING) {
  test(`a request whose ${what} was changed on its way signs nobody in`, async ({ browser }) => {
    let changed = "";
    const page = await signIn(browser, "tampered", async (opened) => {
      await opened.route(/\/auth\?/, async (route) => {
        const url = new URL(route.request().url());
        change(url);
        changed = url.href;
        await route.fulfill({ status: 302, headers: { location: url.href }, body: "" });
      });
    });
    expect(changed).toContain("response_type=code");
    await expectRefused(page);
    expect(await stateOf("tampered")).toBe("invited");
  });
}

test("an answer that was made for one browser signs nobody in from another", async ({ browser }) => {
  const page = await reachConsent(browser, "vera");
  const confirm = (await page.locator("form").getAttribute("action")) ?? "";
  // By hand, so that the answer reaches no browser before it is stolen.
  let location = new URL(confirm, page.url()).href;
  let answer = await page.request.post(location, { form: { prompt: "consent" }, maxRedirects: 0 });
  while (!location.startsWith(`${server.url}/api/auth/callback/oidc`)) {
    location = new URL(answer.headers().location ?? "", location).href;
    if (!location.startsWith(server.url)) answer = await page.request.get(location, { maxRedirects: 0 });
  }
  expect(new URL(location).searchParams.get("code")).not.toBeNull();
  const other = await (await browser.newContext({ baseURL: server.url })).newPage();
  await other.goto(location);
  await expectRefused(other);
  await page.goto(location);
  expect((await whoIs(page)).session?.personId).toBe(invited.vera?.personId);
  await page.context().close();
});

test("a disabled person's account is refused, and the session that it had is over", async ({ browser }) => {
  const page = await signIn(browser, "vera");
  const { email, name } = IDENTITIES.vera;
  await admin.post("change-sets/narrow", {
    changes: [
      {
        member: `person:${invited.vera?.personId}`,
        after: { email, name, role: "auditor", publisherId: null, state: "disabled" },
      },
    ],
    reason: "Left the company.",
  });
  expect((await whoIs(page)).status).toBe(401);
  await page.context().close();
  await expectRefused(await signIn(browser, "vera"));
});
