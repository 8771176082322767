import { type Browser, expect, type Page, test } from "@playwright/test";
import type { PortalDenials } from "@/lib/contracts/portal";
import type { ProgramList } from "@/lib/contracts/programs";
import type { ConsoleSession } from "../../scripts/client/console-session";
import { accessibilityProblems } from "../fixtures/accessibility";
import { joinPerson, PASSWORD } from "../fixtures/join-person";
import { pagesLeftOut } from "../fixtures/page-files";
import { openAndWeigh } from "../fixtures/page-weight";
import { sendRaw } from "../fixtures/raw-request";
import { type RunningDemo, startDemo } from "../fixtures/running-demo";

/** What a developer does on a bad day: sign in, see how near the limits are, read why a call is refused. */
const APP = "example.coin.rush";
const EMAIL = "dana.reed@coinworks.example";

test.describe.configure({ mode: "serial" });

let demo: RunningDemo;
let page: Page;
let developer: ConsoleSession;
let others: ProgramList["items"];
let denialId: string;

test.beforeAll(async ({ browser }: { browser: Browser }) => {
  test.setTimeout(300_000);
  demo = await startDemo();
  await demo.untilProgram(APP, (line) => line.state === "running");
  const operator = await demo.session("operator");
  const { items } = await operator.get<ProgramList>("programs");
  const own = items.find(({ appId }) => appId === APP);
  others = items.filter(({ publisher }) => publisher.id !== own?.publisher.id);
  const person = { email: EMAIL, name: "Dana Reed", role: "developer" as const };
  const admin = await demo.session("admin");
  developer = (await joinPerson(demo.url, admin, { ...person, publisherId: own?.publisher.id ?? "" })).session;
  await expect
    .poll(async () => {
      const { causes } = await developer.get<PortalDenials>(`portal/programs/${APP}/denials`);
      denialId = causes.find(({ newestDenialId }) => newestDenialId !== null)?.newestDenialId ?? "";
      return denialId;
    })
    .not.toBe("");
  page = await (await browser.newContext({ baseURL: demo.url })).newPage();
});

test.afterAll(async () => {
  await demo?.stop();
});

test("a developer signs in, lands among their programs, opens one, and reads its quota and a denial", async () => {
  await page.goto("/sign-in");
  await page.getByLabel("E-mail").fill(EMAIL);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.waitForURL(/\/portal\/programs$/);
  await expect(page.getByRole("heading", { level: 1, name: "My programs" })).toBeVisible();
  await page.getByRole("link", { name: "Coin Rush" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText(/Coin Rush reaches \d of 8 limits/);
  const quota = page.getByRole("table", { name: "Quota" });
  await expect(quota.getByRole("row")).toHaveCount(9);
  await expect(quota.getByRole("img", { name: /^Requests a minute: p50 .* limit/ })).toBeVisible();
  await page.getByRole("table", { name: "Your denials" }).getByRole("link").first().click();
  await page.waitForURL(/\/portal\/denials\//);
  await expect(page.getByRole("heading", { name: "Why" })).toBeVisible();
  await expect(page.getByRole("heading", { name: "What you can do" })).toBeVisible();
  const code = page
    .getByRole("main")
    .getByRole("link", { name: /^[A-Z_]+$/ })
    .first();
  const name = (await code.textContent()) ?? "";
  await code.click();
  await page.waitForURL(`**/errors/${name}`);
  await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
  await expect(page.getByText("Who mends it")).toBeVisible();
  await page.getByRole("link", { name: "Go to the console" }).click();
  await page.waitForURL(/\/portal\/programs$/);
  await page.goto(`/portal/programs/${APP}/published`);
  await expect(page.getByRole("table", { name: "Limits" }).getByRole("row")).toHaveCount(9);
});

test("no page of the portal breaks a rule of WCAG 2.2 AA, scrolls sideways, on a desk or on a phone, or weighs too much", async () => {
  const found: string[] = [];
  const at = `/portal/programs/${APP}`;
  const paths = ["/portal/programs", at, `${at}/published`, `/portal/denials/${denialId}`, "/portal/submit"];
  // It leads to the first of them.
  expect(pagesLeftOut("app/(portal)", [...paths, "/portal"])).toEqual([]);
  for (const path of paths) {
    found.push(...(await openAndWeigh(page, path)));
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    found.push(...(await accessibilityProblems(page, path)));
  }
  expect(found).toEqual([]);
});

test("every page and call of another's answers as of what never was, and the console's rooms lead back", async () => {
  const cookie = `${developer.cookie.name}=${developer.cookie.value}`;
  const ask = async (path: string) => {
    const { status, text } = await sendRaw(demo.url, { path, headers: { cookie } });
    return { status, text };
  };
  const secrets = others.flatMap(({ appId, name, publisher }) => [appId, name, publisher.name]);
  expect(secrets.length).toBeGreaterThan(0);
  const mine = [
    `/portal/programs`,
    `/portal/programs/${APP}`,
    `/portal/programs/${APP}/published`,
    `/portal/denials/${denialId}`,
  ];
  for (const path of mine) {
    const { status, text } = await ask(path);
    expect(status).toBe(200);
    expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
  }
  const [theirs] = others;
  const withoutIds = (text: string, appId: string) =>
    text
      .replaceAll(appId, "APP")
      .replaceAll(encodeURIComponent(appId), "APP")
      .replace(/"requestId":"[^"]*"/, "");
  const never = "example.never.was";
  for (const part of ["", "/quota", "/denials", "/published"]) {
    const path = (appId: string) => `/api/console/v1/portal/programs/${appId}${part}`;
    const [another, nothing] = [await ask(path(theirs?.appId ?? "")), await ask(path(never))];
    expect(another.status).toBe(404);
    expect(withoutIds(another.text, theirs?.appId ?? "")).toBe(withoutIds(nothing.text, never));
  }
  for (const part of ["", "/published"]) {
    const [another, nothing] = [
      await ask(`/portal/programs/${theirs?.appId}${part}`),
      await ask(`/portal/programs/${never}${part}`),
    ];
    expect(another.status).toBe(nothing.status);
    for (const { text } of [another, nothing]) expect(text).toContain("Nothing at this address");
    expect(another.text).not.toContain(theirs?.name ?? "");
  }
  for (const path of ["/", "/programs", `/programs/${theirs?.appId}`, "/people", "/audit"]) {
    const { status, headers, text } = await sendRaw(demo.url, { path, headers: { cookie } });
    expect([status, headers.location]).toEqual([307, "/portal/programs"]);
    expect(text).not.toContain(theirs?.name ?? "");
  }
});
