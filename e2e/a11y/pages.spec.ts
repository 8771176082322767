import { type Browser, expect, type Page, test } from "@playwright/test";
import type { ChangeSetView } from "@/lib/contracts/change-sets";
import type { DenialList } from "@/lib/contracts/programs";
import { accessibilityProblems } from "../fixtures/accessibility";
import { pagesLeftOut } from "../fixtures/page-files";
import { openAndWeigh } from "../fixtures/page-weight";
import { type RunningDemo, startDemo } from "../fixtures/running-demo";
import { pressUntilShown } from "../fixtures/until-listening";

const APP = "example.coin.rush";
const HOST = "cdn.coinrush.example";

let demo: RunningDemo;
let page: Page;
let setId: string;
let denialId: string;

test.beforeAll(async ({ browser }: { browser: Browser }) => {
  test.setTimeout(300_000);
  demo = await startDemo();
  await demo.untilProgram(APP, (line) => line.state === "running");
  page = await demo.page(browser, "operator");
  const operator = await demo.session("operator");
  // Something to look at: a proposal that waits, and a denial.
  const rule = { host: HOST, ports: [443], purposes: ["request"] };
  await operator.post("change-sets/edit", { changes: [{ member: `program:${APP}/host:new`, after: rule }] });
  const { draft } = await operator.get<{ draft: ChangeSetView }>("change-sets/draft");
  setId = draft.id;
  await operator.post(`change-sets/${setId}/propose`, { reason: "Pictures of the game." });
  await expect
    .poll(async () => {
      const { items } = await operator.get<DenialList>(`programs/${APP}/denials?range=1h`);
      denialId = items[0]?.denialId ?? "";
      return denialId;
    })
    .not.toBe("");
});

test.afterAll(async () => {
  await demo?.stop();
});

const paths = (): string[] => [
  ...[
    "/",
    "/programs",
    `/programs?program=${APP}`,
    "/policy",
    `/policy/${setId}`,
    "/audit",
    "/fleet",
    "/people",
    "/readiness",
    "/start",
  ],
  ...["/publishers", `/denials/${denialId}`, "/nowhere"],
  ...["", "/versions", "/access", "/limits", "/telemetry", "/blocked", "/audit"].map((tab) => `/programs/${APP}${tab}`),
];

/** A filter's field has the role, too. */
const inPalette = (on: Page) => on.getByRole("dialog").getByRole("combobox");

async function open(path: string): Promise<void> {
  await page.goto(path);
  await expect(page.getByRole("heading", { level: 1 }).first()).toBeVisible();
}

test("no page breaks a rule of WCAG 2.2 AA, in light and dark, on a desk, a tablet and a phone, nor weighs too much", async () => {
  test.setTimeout(300_000);
  expect(pagesLeftOut("app/(console)", paths())).toEqual([]);
  const found: string[] = [];
  for (const path of paths()) {
    found.push(...(await openAndWeigh(page, path)));
    await expect(page.getByRole("heading", { level: 1 }).first()).toBeVisible();
    found.push(...(await accessibilityProblems(page, path)));
  }
  // The draft's bar stands over the end of every page, and so is looked at on a short one.
  const operator = await demo.session("operator");
  await operator.post("change-sets/edit", {
    changes: [{ member: `program:${APP}/limit:memoryBytes`, after: { max: 64 * 1024 * 1024, action: "kill" } }],
  });
  const { draft } = await operator.get<{ draft: ChangeSetView }>("change-sets/draft");
  await open(`/policy/${draft.id}`);
  found.push(...(await accessibilityProblems(page, "a draft")));
  await operator.post(`change-sets/${draft.id}/discard`, {});
  expect(found).toEqual([]);
});

test("tables of the server's own work are read whole beside each other, nothing in them is cut", async () => {
  await page.setViewportSize({ width: 1440, height: 900 });
  await open("/readiness");
  for (const name of ["Jobs", "Queues", "Threads"]) {
    const cells = page.getByRole("table", { name }).locator("tbody td, thead th");
    await expect(cells.first()).toBeVisible();
    const cut = await cells.evaluateAll((all) =>
      all.flatMap((cell) => (cell.scrollWidth > cell.clientWidth ? [cell.textContent] : [])),
    );
    expect(cut, name).toEqual([]);
  }
});

test("no page before sign-in breaks one either", async ({ browser }) => {
  const stranger = await (await browser.newContext({ baseURL: demo.url })).newPage();
  const found: string[] = [];
  const paths = [
    "/sign-in",
    "/link/not-a-link",
    "/errors/HOST_NOT_ALLOWED",
    "/errors/TOO_LARGE",
    "/errors/NO_SUCH_CODE",
  ];
  // Setting up is for a console that has nobody yet, and leads away from one that has.
  expect(pagesLeftOut("app/(auth)", [...paths, "/set-up"])).toEqual([]);
  for (const path of paths) {
    found.push(...(await openAndWeigh(stranger, path)));
    found.push(...(await accessibilityProblems(stranger, path)));
  }
  await stranger.context().close();
  expect(found).toEqual([]);
});

test("no dialog, sheet, panel or menu breaks one", async () => {
  test.setTimeout(180_000);
  const found: string[] = [];
  const look = async (place: string) => found.push(...(await accessibilityProblems(page, place)));

  await open("/programs");
  await pressUntilShown(page, "Control+k", page.getByRole("dialog"));
  await look("palette");
  await page.keyboard.press("Escape");
  await pressUntilShown(page, "?", page.getByRole("dialog", { name: "Keys" }));
  await look("keys");
  await page.keyboard.press("Escape");

  await open(`/programs/${APP}`);
  await page.getByRole("button", { name: /^Suspend program/ }).click();
  await expect(page.getByRole("dialog", { name: /^Suspend/ })).toBeVisible();
  await look("suspend");
  await page.keyboard.press("Escape");

  await open(`/programs/${APP}/access`);
  await page.getByRole("button", { name: "Propose host" }).first().click();
  await expect(page.getByRole("complementary", { name: "Propose host" })).toBeVisible();
  await look("propose host");

  await open(`/programs/${APP}/limits`);
  await page.getByRole("row").nth(1).click();
  await expect(page.getByRole("complementary", { name: /^Edit limit/ })).toBeVisible();
  await look("edit limit");

  await open("/audit");
  // Its first cell: in the others stand links.
  await page.getByRole("row").nth(1).locator("td").first().click();
  await expect(page.getByRole("complementary", { name: /^Entry/ })).toBeVisible();
  await look("audit entry");

  await open("/");
  await page.getByRole("button", { name: /Mara Lindqvist/ }).click();
  await expect(page.getByRole("menu")).toBeVisible();
  await look("account menu");
  expect(found).toEqual([]);
});

test("the palette opens by Ctrl K from anywhere, and gives the focus back", async () => {
  await open("/programs");
  const before = page.getByRole("link", { name: "Audit" }).first();
  await before.focus();
  await pressUntilShown(page, "Control+k", inPalette(page));
  await expect(inPalette(page)).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect(before).toBeFocused();
  await page.keyboard.press("Control+k");
  await page.keyboard.type("tidal");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/programs\/example\.tidal\.weather$/);
});

test("every stop of the Tab key is seen, and none is a trap", async () => {
  await open(`/programs/${APP}`);
  const stops = new Set<string>();
  for (let step = 0; step < 60; step += 1) {
    await page.keyboard.press("Tab");
    const stop = await page.evaluate(() => {
      const element = document.activeElement;
      if (element === null || element === document.body) return null;
      const style = getComputedStyle(element);
      const ring = style.outlineStyle !== "none" && Number.parseFloat(style.outlineWidth) >= 2;
      return { what: element.outerHTML.slice(0, 160), isSeen: ring || style.boxShadow !== "none" };
    });
    // The page's end: the focus goes to the browser.
    if (stop === null) break;
    expect(stop.isSeen, stop.what).toBe(true);
    stops.add(stop.what);
  }
  expect(stops.size).toBeGreaterThan(10);
  await page.keyboard.press("Shift+Tab");
});

test("a dialog that is left gives the focus back to what opened it", async () => {
  await open(`/programs/${APP}`);
  const button = page.getByRole("button", { name: /^Suspend program/ });
  await button.focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect(button).toBeFocused();
});

test("a program is suspended by keyboard alone: find it, choose it, confirm", async () => {
  await open("/");
  const before = page.getByRole("link", { name: "Programs" }).first();
  await before.focus();
  await pressUntilShown(page, "Control+k", inPalette(page));
  await expect(inPalette(page)).toBeFocused();
  await page.keyboard.type("suspend coin");
  const suspend = page.getByRole("option", { name: /Suspend Coin Rush/ });
  await expect(suspend).toBeVisible();
  // What stops something is never chosen by itself: one goes to it.
  await expect(suspend).toHaveAttribute("aria-selected", "false");
  for (let step = 0; step < 20 && (await suspend.getAttribute("aria-selected")) !== "true"; step += 1)
    await page.keyboard.press("ArrowDown");
  await expect(suspend).toHaveAttribute("aria-selected", "true");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog", { name: "Suspend Coin Rush?" })).toBeVisible();
  await page.keyboard.press("Enter");
  const line = await demo.untilProgram(APP, (program) => program.state !== "running");
  expect(line.state).not.toBe("running");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect(page.getByText(/^Coin Rush is suspended; platform revision/)).toBeVisible();
  await expect(before).toBeFocused();
});
