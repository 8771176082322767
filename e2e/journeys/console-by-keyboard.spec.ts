import { type Browser, expect, type Page, test } from "@playwright/test";
import { DEFAULT_PREFERENCES, PREFERENCES_COOKIE, writePreferences } from "@/lib/format/preferences";
import { type RunningDemo, startDemo } from "../fixtures/running-demo";
import { pressUntilShown, untilListening } from "../fixtures/until-listening";

/** What one person does without a mouse, and what the console remembers of them. */
const APP = "example.coin.rush";

test.describe.configure({ mode: "serial" });

let demo: RunningDemo;
let operator: Page;

test.beforeAll(async ({ browser }: { browser: Browser }) => {
  test.setTimeout(300_000);
  demo = await startDemo();
  operator = await demo.page(browser, "operator");
});

test.afterAll(async () => {
  await demo?.stop();
});

async function open(path: string): Promise<void> {
  await operator.goto(path);
  await expect(operator.getByRole("heading", { level: 1 })).toBeVisible();
  await expect(operator.getByRole("status", { name: "Loading" })).toHaveCount(0);
}

test("the keyboard alone goes to a room, moves through rows, opens one and leaves it", async () => {
  await open("/");
  await expect(async () => {
    await operator.keyboard.press("g");
    await operator.keyboard.press("g");
    await expect(operator).toHaveURL(/\/programs$/, { timeout: 1000 });
  }).toPass();
  await expect(operator.getByRole("grid", { name: "Programs" })).toBeVisible();
  await untilListening(operator);
  const focused = operator.locator("tr[data-row]:focus");
  await expect(async () => {
    await operator.keyboard.press("j");
    await expect(focused).toHaveCount(1, { timeout: 1000 });
  }).toPass();
  const first = await focused.getAttribute("data-row");
  await operator.keyboard.press("j");
  await expect(focused).not.toHaveAttribute("data-row", first ?? "");
  await operator.keyboard.press("k");
  await expect(focused).toHaveAttribute("data-row", first ?? "");
  await operator.keyboard.press("o");
  await expect(operator).toHaveURL(new RegExp(`panel=${first}`));
  await expect(operator.getByRole("complementary")).toBeVisible();
  await operator.keyboard.press("Escape");
  await expect(operator).not.toHaveURL(/panel=/);
});

test("a filter stands in the address, and its chip takes it away again", async () => {
  await open("/programs");
  await expect(async () => {
    await operator.getByLabel("Add a filter").fill("status:suspended");
    await operator.getByLabel("Add a filter").press("Enter");
    await expect(operator).toHaveURL(/status=suspended/, { timeout: 1000 });
  }).toPass();
  await expect(operator.getByText("No program fits")).toBeVisible();
  await operator.getByRole("button", { name: "Remove the filter status" }).click();
  await expect(operator).not.toHaveURL(/status=/);
  await expect(operator.getByRole("link", { name: "Coin Rush" })).toBeVisible();
});

test("what is no filter is said, typed or in the address, and what is one beside it is taken", async () => {
  await open("/programs?status=nonsense");
  await expect(operator.getByText(/^status nonsense in the address is left out/)).toBeVisible();
  await operator.getByRole("button", { name: "Take it out of the address" }).click();
  await expect(operator).not.toHaveURL(/status=/);
  await operator.getByLabel("Add a filter").fill("stat:live status:active");
  await operator.getByLabel("Add a filter").press("Enter");
  await expect(operator).toHaveURL(/status=active/);
  await expect(operator.getByText(/^stat is no filter here/)).toBeVisible();
  await expect(operator.getByLabel("Add a filter")).toHaveValue("stat:live");
});

test("the palette answers first, and chooses nothing that takes away by itself", async () => {
  await open("/programs");
  const palette = operator.getByRole("dialog", { name: "Search" });
  await pressUntilShown(operator, "Control+k", palette);
  const chosen = palette.locator('[cmdk-item][data-selected="true"]');
  await palette.getByRole("combobox").fill("https://cdn.coinrush.example/x");
  await expect(chosen).toContainText(/refused|No rule in force names it/);
  await expect(palette.getByRole("option", { name: /^Block cdn.coinrush.example for all programs/ })).toBeVisible();
  await palette.getByRole("combobox").fill("suspend coin");
  await expect(palette.getByRole("option", { name: /^Suspend Coin Rush/ })).toBeVisible();
  await expect(chosen).not.toContainText(/^Suspend/);
  await palette.getByRole("combobox").fill("dark");
  await expect(chosen).toContainText("Dark theme");
  await operator.keyboard.press("Escape");
  await expect(palette).toHaveCount(0);
});

test("a long table draws what is in view, keeps the row that has the focus, and stands where it stood after a reload", async () => {
  test.setTimeout(300_000);
  const session = await demo.session("operator");
  for (let count = 0; count < 330; count += 1) {
    const after = { max: (64 + count) * 1024 * 1024, action: "kill" };
    await session.post("change-sets/edit", { changes: [{ member: `program:${APP}/limit:memoryBytes`, after }] });
  }
  await open("/audit");
  await untilListening(operator);
  const table = operator.getByRole("grid", { name: "Audit entries" });
  const row = (index: number) => table.locator(`tr[aria-rowindex="${index}"]`);
  const top = () => operator.evaluate(() => window.scrollY);
  const scrollTo = (to: number) => operator.evaluate((y) => window.scrollTo({ top: y }), to);
  // Rows out of view leave their room behind.
  const room = table.locator("tbody tr[aria-hidden]");
  await expect(async () => {
    await operator.getByRole("button", { name: "Show older" }).click({ timeout: 10_000 });
    await expect(room).not.toHaveCount(0, { timeout: 1000 });
  }).toPass();
  await expect(async () => {
    const { total } = await session.get<{ total: { atLeast: number } }>("audit");
    await expect(table).toHaveAttribute("aria-rowcount", String(total.atLeast + 1), { timeout: 1000 });
  }).toPass();
  expect(await table.locator("tr[data-row]").count()).toBeLessThan(150);

  await scrollTo(0);
  await operator.keyboard.press("j");
  await expect(row(2)).toBeFocused();
  await scrollTo(6000);
  await expect(row(190)).toBeInViewport();
  await expect(row(3)).toHaveCount(0);
  await expect(row(2)).toBeFocused();
  await operator.keyboard.press("j");
  await expect(row(3)).toBeFocused();
  await expect(row(3)).toBeInViewport();

  await scrollTo(6000);
  await expect(row(190)).toBeInViewport();
  await operator.reload();
  // A page after the other is read again.
  await expect(room).not.toHaveCount(0, { timeout: 120_000 });
  await expect(row(190)).toBeInViewport();
  expect(Math.abs((await top()) - 6000)).toBeLessThan(2);
  const { draft } = await session.get<{ draft: { id: string } }>("change-sets/draft");
  await session.post(`change-sets/${draft.id}/discard`, {});
});

test("what can be undone stays until somebody does, and what is only said while the focus is within", async ({
  browser,
}) => {
  const page = await demo.page(browser, "operator");
  await page.goto(`/programs/${APP}/limits?edit=requestsPerMinute`);
  await untilListening(page);
  const sheet = page.getByRole("complementary", { name: "Edit limit requestsPerMinute" });
  await sheet.getByLabel(/^Limit,/).fill("41");
  await sheet.getByLabel(/^Warning,/).fill("31");
  await sheet.getByLabel(/^Reason/).fill("It asks too often.");
  await page.clock.install();
  await sheet.getByRole("button", { name: "Publish now" }).click();
  const undo = page.getByRole("status").getByRole("button", { name: "Undo" });
  await expect(undo).toBeVisible();
  await page.clock.fastForward(60_000);
  await undo.press("Enter");
  const said = page.getByText(/^Undone in platform revision/);
  const close = page.getByRole("status").getByRole("button", { name: "Close" });
  await close.focus();
  await page.clock.fastForward(60_000);
  await expect(said).toBeVisible();
  await close.blur();
  await page.clock.fastForward(60_000);
  await expect(said).toHaveCount(0);
  await page.context().close();
});

test("a part whose script does not come says so in its place, takes nothing else with it, and comes when it is asked for again", async ({
  browser,
}) => {
  // Nothing of it was loaded before: another browser.
  const page = await demo.page(browser, "security");
  await page.goto("/programs");
  await untilListening(page);
  const row = page.getByRole("grid", { name: "Programs" }).locator("tr[data-row]").first();
  const inPlace = page.getByRole("alert").filter({ hasText: "This part could not be loaded." });
  const toast = page.getByText("This could not be loaded: the console's server did not answer.");
  const columns = page.getByRole("button", { name: /columns$/ });
  const chunks = "**/_next/static/chunks/**";
  await page.route(chunks, (route) => route.abort());

  await row.click();
  await expect(inPlace).toBeVisible();
  await expect(row).toBeVisible();
  await columns.click();
  await expect(toast).toHaveCount(1);
  await page.keyboard.press("Control+k");
  await expect(toast).toHaveCount(2);
  await expect(page.getByRole("dialog")).toHaveCount(0);
  // The keys are the page's again.
  const filter = page.getByLabel("Add a filter");
  await filter.pressSequentially("coin");
  await expect(filter).toHaveValue("coin");
  await filter.fill("");

  await page.unroute(chunks);
  await inPlace.getByRole("button").click();
  await expect(page.getByRole("complementary")).toBeVisible();
  await expect(inPlace).toHaveCount(0);
  await columns.click();
  await expect(page.getByRole("menu")).toBeVisible();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+k");
  await expect(page.getByRole("dialog")).toBeVisible();
  await page.context().close();
});

test("keys of one letter do nothing while one types, nor where they are switched off", async () => {
  await open("/programs");
  await operator.getByLabel("Add a filter").pressSequentially("ga");
  await expect(operator.getByLabel("Add a filter")).toHaveValue("ga");
  await expect(operator).toHaveURL(/\/programs/);
  const value = writePreferences({ ...DEFAULT_PREFERENCES, singleKeys: false });
  await operator.context().addCookies([{ name: PREFERENCES_COOKIE, value, url: demo.url }]);
  await open("/");
  await pressUntilShown(operator, "Control+k", operator.getByRole("dialog"));
  await operator.keyboard.press("Escape");
  await expect(operator.getByRole("dialog")).toHaveCount(0);
  // Whoever has heard the one key would have heard the other.
  await operator.keyboard.press("?");
  await operator.keyboard.press("Control+k");
  await expect(operator.getByRole("dialog")).toHaveCount(1);
  await expect(operator.getByRole("dialog", { name: "Keys" })).toHaveCount(0);
  await operator.context().clearCookies({ name: PREFERENCES_COOKIE });
});

test("a chosen theme is in the first bytes of the next page", async () => {
  await open("/");
  await operator.getByRole("button", { name: /Mara Lindqvist/ }).click();
  await operator.getByRole("menuitemradio", { name: "Dark" }).click();
  await expect.poll(async () => (await operator.request.get("/programs")).text()).toContain('data-theme="dark"');
});

test("in a development store one may become another person, and sees what that person may do", async () => {
  await open("/");
  await operator.getByRole("button", { name: /Mara Lindqvist/ }).click();
  await operator.getByRole("menuitem", { name: /Ada Whitfield/ }).click();
  await expect(operator.getByRole("button", { name: /Ada Whitfield/ })).toBeVisible();
  await open(`/programs/${APP}`);
  await expect(operator.getByRole("button", { name: /^Suspend/ })).toHaveCount(0);
});
