import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, expect, type Page, test } from "@playwright/test";
import type { AuditList, AuditVerification } from "@/lib/contracts/audit";
import type { ChangeSetView } from "@/lib/contracts/change-sets";
import type { LimitRow } from "@/lib/contracts/programs";
import type { PublisherView } from "@/lib/contracts/publishers";
import { ConsoleRefusal, type ConsoleSession } from "../../scripts/client/console-session";
import { joinPerson, PASSWORD } from "../fixtures/join-person";
import { sendRaw } from "../fixtures/raw-request";
import { type RunningServer, startServer } from "../fixtures/running-server";
import { untilListening } from "../fixtures/until-listening";

const APP = "com.example.killed";
const ROUNDS = 8;
const PORT = 4391;

/** The server is killed with signal 9 while people publish, at a different moment of its work each round. */
test("no acknowledged decision or audit entry is lost when the server is killed while publishing", async () => {
  test.setTimeout(240_000);
  const dataDir = mkdtempSync(join(tmpdir(), "bulkhead-killed-"));
  let server: RunningServer = await startServer({ dataDir, port: PORT });
  try {
    let operator = await server.session("operator");
    const publisher = await operator.post<PublisherView>("publishers", { name: "Killed" });
    await operator.post("programs", { appId: APP, name: "Killed", publisherId: publisher.id });
    const acknowledged: ChangeSetView[] = [];
    let max = 1_000_000;
    for (let round = 0; round < ROUNDS; round += 1) {
      // Two at once: a kill meets one in the middle of its commit and the other waiting for it.
      const lower = () => {
        max -= 1;
        return narrow(operator, max);
      };
      await publishUntilKilled(server, [lower, lower], acknowledged, 3 + round * 7);
      server = await startServer({ dataDir, port: PORT });
      operator = await server.session("operator");
      await expectNothingLost(operator, acknowledged);
    }
    expect(acknowledged.length).toBeGreaterThan(ROUNDS);
    const { rows } = await operator.get<{ rows: LimitRow[] }>(`programs/${APP}/limits?range=1h`);
    const last = rows.find((row) => row.name === "memoryBytes")?.value as { max: number } | null;
    const lowestAcknowledged = Math.min(...acknowledged.map(maxOf));
    expect(last?.max).toBeLessThanOrEqual(lowestAcknowledged);
  } finally {
    await server.child.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
});

function narrow(operator: ConsoleSession, max: number): Promise<ChangeSetView> {
  return operator.post<ChangeSetView>("change-sets/narrow", {
    changes: [{ member: `program:${APP}/limit:memoryBytes`, after: { max, action: "kill" } }],
    reason: "Lowered by the test.",
  });
}

function maxOf(set: ChangeSetView): number {
  const after = set.changes[0]?.after as { max?: number } | undefined;
  return after?.max ?? Number.NaN;
}

/**
 * Publishes until the server is gone, which it is some milliseconds after two of this round were acknowledged. What it
 * answered before counts as acknowledged, for ever.
 */
async function publishUntilKilled(
  server: RunningServer,
  acts: (() => Promise<ChangeSetView>)[],
  acknowledged: ChangeSetView[],
  delayMs: number,
): Promise<void> {
  const enough = acknowledged.length + 2;
  let isKilling = false;
  await Promise.all(
    acts.map(async (act) => {
      while (server.child.process.exitCode === null && server.child.process.signalCode === null) {
        try {
          acknowledged.push(await act());
        } catch (error) {
          if (error instanceof TypeError) return;
          // Two at once may conflict: one of them lowers from a value that is no longer there.
          if (!(error instanceof ConsoleRefusal) || (error.status !== 409 && error.status !== 412)) throw error;
        }
        if (acknowledged.length < enough || isKilling) continue;
        isKilling = true;
        setTimeout(() => server.child.process.kill("SIGKILL"), delayMs);
      }
    }),
  );
  await server.child.ended;
}

async function expectNothingLost(operator: ConsoleSession, acknowledged: ChangeSetView[]): Promise<void> {
  const verification = await operator.get<AuditVerification>("audit/verify");
  expect(verification.isWhole, verification.problem ?? "").toBe(true);
  for (const set of acknowledged.slice(-12)) {
    const found = await operator.get<ChangeSetView>(`change-sets/${set.id}`);
    expect(found.state).toBe("published");
    expect(found.platformPosition).toEqual(set.platformPosition);
    const audit = await operator.get<AuditList>(`audit?changeSetId=${set.id}&action=changeSet.narrow`);
    expect(audit.items).toHaveLength(1);
  }
}

test.describe("an open page", () => {
  const LOST_PORT = 4392;
  const TYPED = "Typed before the server went away.";
  let dataDir: string;
  let server: RunningServer;
  let operator: ConsoleSession;
  let path: string;

  test.beforeAll(async () => {
    test.setTimeout(120_000);
    dataDir = mkdtempSync(join(tmpdir(), "bulkhead-lost-"));
    server = await startServer({ dataDir, port: LOST_PORT });
    operator = await server.session("operator");
    const publisher = await operator.post<PublisherView>("publishers", { name: "Lost" });
    await operator.post("programs", { appId: APP, name: "Lost", publisherId: publisher.id });
    const { draft } = await operator.post<{ draft: ChangeSetView }>("change-sets/edit", {
      changes: [{ member: `program:${APP}/grant:nfc.read`, after: { consent: "ask" } }],
    });
    path = `/policy/${draft.id}`;
  });

  test.afterAll(async () => {
    await server.child.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  async function open(browser: Browser, session: ConsoleSession, at: string): Promise<Page> {
    const context = await browser.newContext({ baseURL: server.url });
    await context.addCookies([{ ...session.cookie, url: server.url, httpOnly: true, sameSite: "Lax" }]);
    const page = await context.newPage();
    await page.goto(at);
    await untilListening(page);
    return page;
  }

  const strip = (page: Page) => page.getByRole("status").filter({ hasText: "The server does not answer." });

  test("says that its server is away, keeps what was typed and whoever looks, and goes on when it is back", async ({
    browser,
  }) => {
    test.setTimeout(180_000);
    const page = await open(browser, operator, path);
    const reason = page.getByLabel(/^Reason/);
    await reason.fill(TYPED);
    server.child.process.kill("SIGKILL");
    await server.child.ended;
    await expect(strip(page)).toContainText(/What you see is of \d\d:\d\d:\d\d/);

    // A decision that cannot be sent is said to have failed, and nothing that was typed is lost.
    await page.getByRole("button", { name: /^Ask another for approval/ }).click();
    await expect(page.getByText("The console's server did not answer.")).toBeVisible();
    await expect(reason).toHaveValue(TYPED);

    // A way that cannot be taken is held, by link and by key; the page stays.
    await page.getByRole("link", { name: "Fleet" }).first().click();
    await expect(strip(page)).toContainText("/fleet opens as soon as it answers.");
    await expect(page.getByRole("heading", { level: 1, name: /^Change set/ })).toBeVisible();
    await page.getByRole("heading", { level: 1 }).click();
    await page.keyboard.press("g");
    await page.keyboard.press("a");
    await expect(strip(page)).toContainText("/audit opens as soon as it answers.");
    await expect(page.getByRole("heading", { level: 1, name: /^Change set/ })).toBeVisible();

    server = await startServer({ dataDir, port: LOST_PORT });
    await page.waitForURL(/\/audit$/);
    await expect(page.getByRole("heading", { level: 1, name: "Audit" })).toBeVisible();
    await expect(strip(page)).toHaveCount(0);
    await page.goto(path);
    await expect(page.getByLabel(/^Reason/)).toHaveValue(TYPED);
    await page.context().close();
  });

  test("is live again by itself after a restart, without being loaded", async ({ browser }) => {
    test.setTimeout(180_000);
    const page = await open(browser, operator, path);
    await page.evaluate(() => Object.assign(window, { isSame: true }));
    server.child.process.kill("SIGKILL");
    await server.child.ended;
    await expect(strip(page)).toBeVisible();
    server = await startServer({ dataDir, port: LOST_PORT });
    await strip(page).getByRole("button", { name: "Try now" }).click();
    await expect(strip(page)).toHaveCount(0);
    // What others decided meanwhile is on the page.
    const { id } = await narrow(operator, 900_000);
    await page.getByRole("link", { name: "Policy" }).first().click();
    await page.getByRole("link", { name: "Programs" }).first().click();
    await page.waitForURL(/\/programs/);
    expect(await page.evaluate(() => "isSame" in window)).toBe(true);
    expect(id).not.toBe("");
    await page.context().close();
  });

  test("whose session has ended leads to the door, and back to where one was", async ({ browser }) => {
    test.setTimeout(120_000);
    const admin = await server.session("admin");
    const email = "nadia@harbor.example";
    const { session } = await joinPerson(server.url, admin, { email, name: "Nadia Osei", role: "auditor" });
    const page = await open(browser, session, "/programs?q=lost");
    const { name, value } = session.cookie;
    const cookie = `${name}=${value}`;
    await sendRaw(server.url, { method: "DELETE", path: "/api/console/v1/session", headers: { cookie } });
    const ended = page.getByRole("status").filter({ hasText: "Your session has ended." });
    await expect(ended).toBeVisible();
    await ended.getByRole("link", { name: "Sign in again" }).click();
    await expect(page.getByText("You come back to /programs?q=lost.")).toBeVisible();
    await page.getByLabel("E-mail").fill(email);
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.waitForURL(/\/programs\?q=lost$/);
    await expect(page.getByRole("heading", { level: 1, name: "Programs" })).toBeVisible();
    // An address of somebody else's making leads nowhere but here.
    await page.goto("/sign-in?to=//evil.example/");
    expect(new URL(page.url()).origin).toBe(server.url);
    await page.context().close();
  });
});
