import { type Browser, expect, type Locator, type Page, test } from "@playwright/test";
import type { DenialList } from "@/lib/contracts/programs";
import { enrolPastDevice } from "../../scripts/demo/history/past-device";
import { makeEnrolment } from "../faults/simulated-device";
import { type RunningDemo, startDemo } from "../fixtures/running-demo";
import { untilListening } from "../fixtures/until-listening";

/** What each role comes to each room for, done to its end; and a decision from its proposal to its revision by keys alone. */
const APP = "example.coin.rush";
const HOST = "cdn.coinrush.example";
const ROLES = ["admin", "operator", "security", "auditor"] as const;
type ConsoleRole = (typeof ROLES)[number];

test.describe.configure({ mode: "serial" });

let demo: RunningDemo;
let pages: Record<ConsoleRole, Page>;
let setPath = "";
let denialId = "";

test.beforeAll(async ({ browser }: { browser: Browser }) => {
  test.setTimeout(300_000);
  demo = await startDemo();
  await demo.untilProgram(APP, (line) => line.state === "running");
  const opened = await Promise.all(ROLES.map(async (role) => [role, await demo.page(browser, role)] as const));
  pages = Object.fromEntries(opened) as typeof pages;
  const operator = await demo.session("operator");
  await expect
    .poll(async () => {
      const { items } = await operator.get<DenialList>(`programs/${APP}/denials?range=1h`);
      denialId = items.find(({ target }) => target === `${HOST}:443`)?.denialId ?? "";
      return denialId;
    })
    .not.toBe("");
});

test.afterAll(async () => {
  await demo?.stop();
});

async function open(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await expect(page.getByRole("heading", { level: 1 }).first()).toBeVisible();
  await untilListening(page);
}

/** Goes to it as a person without a mouse does: from stop to stop. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  await expect(target).toBeVisible();
  const isThere = () => target.evaluate((element) => element === document.activeElement);
  for (let step = 0; step < 150; step += 1) {
    if (await isThere()) return;
    await page.keyboard.press("Tab");
  }
  throw new Error("no stop of the Tab key is there");
}

async function press(page: Page, target: Locator): Promise<void> {
  await tabTo(page, target);
  await page.keyboard.press("Enter");
}

test.describe("by keys alone", () => {
  test("an operator proposes a host with a reason", async () => {
    const page = pages.operator;
    await open(page, `/programs/${APP}/access`);
    await press(page, page.getByRole("button", { name: "Propose host" }).first());
    const sheet = page.getByRole("complementary", { name: "Propose host" });
    await tabTo(page, sheet.getByLabel("Host", { exact: true }));
    await page.keyboard.type(HOST);
    await tabTo(page, sheet.getByLabel(/^Reason/));
    await page.keyboard.type("Pictures and sounds of the game.");
    await expect(sheet.getByText("Takes two people.")).toBeVisible();
    await press(page, sheet.getByRole("button", { name: "Ask for approval" }));
    await press(page, page.getByRole("status").getByRole("button", { name: "Open" }));
    await expect(page.getByText("Waits for approval")).toBeVisible();
    setPath = new URL(page.url()).pathname;
  });

  test("security approves it, from what needs them", async () => {
    const page = pages.security;
    await open(page, "/");
    await press(page, page.locator(`main a[href="${setPath}"]`).first());
    await page.waitForURL((url) => url.pathname === setPath);
    await press(page, page.getByRole("button", { name: /^Approve/ }));
    await expect(page.getByRole("button", { name: /^Approve/ })).toHaveCount(0);
  });

  test("the operator publishes it, and the program is let through", async () => {
    const page = pages.operator;
    await open(page, setPath);
    await press(page, page.getByRole("button", { name: /^Publish to/ }));
    await expect(page.getByText(/^Published/).first()).toBeVisible();
    const operator = await demo.session("operator");
    await expect
      .poll(async () => {
        const text = JSON.stringify(await operator.get(`programs/${APP}/access`));
        return text.includes(HOST);
      })
      .toBe(true);
  });
});

test.describe("an operator", () => {
  test("narrows a limit at once, and takes it back", async () => {
    const page = pages.operator;
    await open(page, `/programs/${APP}/limits?edit=requestsPerMinute`);
    const sheet = page.getByRole("complementary", { name: "Edit limit requestsPerMinute" });
    await sheet.getByLabel(/^Limit,/).fill("40");
    await sheet.getByLabel(/^Warning,/).fill("30");
    await sheet.getByLabel(/^Reason/).fill("It asks too often.");
    await sheet.getByRole("button", { name: "Publish now" }).click();
    const said = page.getByRole("status").filter({ hasText: /^Published/ });
    await expect(page.locator('tr[data-row="requestsPerMinute"]')).toContainText("40");
    await said.getByRole("button", { name: "Undo" }).click();
    await expect(page.getByText(/^Undone in platform revision/)).toBeVisible();
    await expect(page.locator('tr[data-row="requestsPerMinute"]')).not.toContainText("40");
  });

  test("adds a publisher and registers a program of theirs", async () => {
    const page = pages.operator;
    await open(page, "/publishers");
    await page.getByRole("button", { name: "Add publisher" }).click();
    await page.getByRole("dialog").getByLabel("Name").fill("Harbour Games");
    await page.getByRole("dialog").getByRole("button", { name: "Add publisher" }).click();
    await expect(page.getByRole("complementary")).toContainText("Harbour Games");
    await open(page, "/programs");
    await page.getByRole("button", { name: "Register program" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel(/^App id|^Id/).fill("example.harbour.race");
    await dialog.getByLabel(/^Name/).fill("Harbour Race");
    await dialog.getByLabel(/^Publisher/).selectOption({ label: "Harbour Games" });
    await dialog.getByRole("button", { name: /^Register/ }).click();
    await expect(page.getByText("Harbour Race").first()).toBeVisible();
  });

  test("makes the file by which a device joins the fleet", async () => {
    const page = pages.operator;
    await open(page, "/fleet");
    await page.getByRole("button", { name: "Make enrolment file" }).click();
    const dialog = page.getByRole("dialog", { name: "Make enrolment file" });
    await dialog.getByLabel("Device name").fill("Kiosk 12");
    await dialog.getByRole("button", { name: "Make file" }).click();
    const download = page.waitForEvent("download");
    await dialog.getByRole("button", { name: "Save enrolment.json" }).click();
    expect((await download).suggestedFilename()).toBe("enrolment.json");
  });

  test("reads of a device which layer it lacks, what is open by that, and the machine's own word for it", async () => {
    const file = { ...(await makeEnrolment(await demo.session("operator"), "Kiosk 13")), url: demo.url };
    const call = (path: string, init?: RequestInit) => fetch(`${demo.url}/api/runtime/v1/${path}`, init);
    await enrolPastDevice(call, file, { nowSeconds: () => Math.floor(Date.now() / 1000), missingLayer: "userns" });
    const page = pages.operator;
    await open(page, "/fleet");
    await page.getByRole("row").filter({ hasText: "Without userns" }).first().click();
    const panel = page.getByRole("complementary");
    await expect(panel.getByText("Without userns")).toBeVisible();
    await expect(panel.getByText("The machine says: not permitted on this machine")).toBeVisible();
  });
});

test.describe("security", () => {
  test("reads why a call was refused, and acknowledges what is known", async () => {
    const page = pages.security;
    await open(page, `/denials/${denialId}`);
    await expect(page.getByRole("heading", { level: 1 })).toContainText(HOST);
    await page.getByRole("button", { name: /^Acknowledge cause/ }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel(/^Reason/).fill("Known since the last release.");
    await dialog.getByRole("button", { name: /^Acknowledge/ }).click();
    await expect(page.getByText("Acknowledged.")).toBeVisible();
  });

  test("suspends a program and proposes to lift it", async () => {
    const page = pages.security;
    await open(page, `/programs/${APP}`);
    await page.getByRole("button", { name: /^Suspend program/ }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: /^Suspend/ }).click();
    await demo.untilProgram(APP, (line) => line.state !== "running");
    await expect(page.getByRole("button", { name: /^Propose to lift/ })).toBeVisible();
  });
});

test.describe("an admin", () => {
  test("invites a person, and sees whether the server is ready", async () => {
    const page = pages.admin;
    await open(page, "/people");
    await page.getByLabel("Name", { exact: true }).fill("Noor Haddad");
    await page.getByLabel("E-mail").fill("noor.haddad@example.test");
    await page.getByLabel("Role").selectOption("auditor");
    await page.getByRole("button", { name: "Invite person" }).click();
    await expect(page.getByRole("row", { name: /Noor Haddad/ })).toBeVisible();
    await open(page, "/readiness");
    await expect(page.getByRole("heading", { name: "Checks" })).toBeVisible();
  });
});

test.describe("an auditor", () => {
  test("verifies the log, finds who let the host in, and takes the log along", async () => {
    const page = pages.auditor;
    await open(page, "/audit?action=changeSet.approve");
    await expect(page.getByText(/^Log verified: \d+ entries, no gap/)).toBeVisible();
    // Its first cell: in the others stand links.
    await page.getByRole("row").nth(1).locator("td").first().click();
    await expect(page.getByRole("complementary", { name: /^Entry/ })).toBeVisible();
    const download = page.waitForEvent("download");
    await page.getByRole("link", { name: "Export" }).click();
    expect((await download).suggestedFilename()).toBe("bulkhead-audit.jsonl");
    await open(page, setPath);
    await expect(page.getByText("Pictures and sounds of the game.").first()).toBeVisible();
  });
});
