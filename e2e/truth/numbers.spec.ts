import { join } from "node:path";
import { type Browser, expect, type Page, test } from "@playwright/test";
import type { ChangeSetDetail } from "@/lib/contracts/change-sets";
import type { DeviceList } from "@/lib/contracts/devices";
import type { Overview } from "@/lib/contracts/overview";
import type { PortalQuota } from "@/lib/contracts/portal";
import type {
  DenialList,
  LimitRow,
  LimitTable,
  ProgramDetail,
  ProgramList,
  TelemetrySeries,
} from "@/lib/contracts/programs";
import type { Spread } from "@/lib/contracts/shared";
import { isLimitReached } from "@/lib/domain/measures/limit-reached";
import { PAGE_MEASURES, type PageMeasure } from "@/lib/domain/measures/page-measures";
import { QUOTA_RANGE } from "@/lib/domain/time-ranges";
import { formatRevision } from "@/lib/format/revision";
import { startChild } from "../../scripts/client/child";
import type { ConsoleSession } from "../../scripts/client/console-session";
import { type RunningDemo, startDemo } from "../fixtures/running-demo";
import { untilListening } from "../fixtures/until-listening";

/**
 * A number means the same on every page: what is shown under one name, of one thing, over one range, is one number, the one that
 * the API answers, and the sum of its rows. The host stands still while pages are read, so that nothing but a fault
 * makes two of them differ.
 */
const APP = "example.coin.rush";
const BUSY = "example.tidal.weather";
/** Its limits refuse what it asks for. */
const LIMITED = "example.marble.drop";
const RANGE = "24h";

test.describe.configure({ mode: "serial" });

let demo: RunningDemo;
let page: Page;
let operator: ConsoleSession;
/** The first of three decisions, and how long it took as it was told then. */
let first: { id: string; applied: Spread["applied"] };

test.beforeAll(async ({ browser }: { browser: Browser }) => {
  test.setTimeout(300_000);
  demo = await startDemo();
  for (const appId of [APP, BUSY, LIMITED]) await demo.untilProgram(appId, ({ state }) => state === "running");
  operator = await demo.session("operator");
  page = await demo.page(browser, "operator");
  await expect.poll(async () => (await denials(APP)).timesTotal, { timeout: 60_000 }).toBeGreaterThan(0);
  await expect
    .poll(async () => sum((await limits(LIMITED, RANGE)).map(refusedBy)), { timeout: 60_000 })
    .toBeGreaterThan(0);
});

test.afterAll(async () => {
  if (demo !== undefined) process.kill(demo.hostPid, "SIGCONT");
  await demo?.stop();
});

const denials = (appId: string) => operator.get<DenialList>(`programs/${appId}/denials?range=${RANGE}`);

const limits = async (appId: string, range: string): Promise<LimitRow[]> =>
  (await operator.get<LimitTable>(`programs/${appId}/limits?range=${range}`)).rows;
const refusedBy = ({ heldBack }: Pick<LimitRow, "heldBack">): number => heldBack?.refused ?? 0;

/** Numbers by name, of what and over what; a second place that says something else is a fault. */
class Numbers {
  readonly #known = new Map<string, { value: number; place: string }>();
  readonly names = new Set<PageMeasure>();

  put(place: string, name: PageMeasure, value: number, of = "", range = ""): void {
    const key = `${name} | ${of} | ${range}`;
    const known = this.#known.get(key);
    if (known !== undefined) expect(`${value}`, `${key}: ${place}, as ${known.place}`).toBe(`${known.value}`);
    else this.#known.set(key, { value, place });
    this.names.add(name);
  }

  has(name: PageMeasure, of = "", range = ""): boolean {
    return this.#known.has(`${name} | ${of} | ${range}`);
  }
}

const sum = (values: readonly (number | null)[]): number =>
  values.reduce<number>((all, value) => all + (value ?? 0), 0);

async function readApi(numbers: Numbers): Promise<void> {
  const list = await operator.get<ProgramList>("programs");
  numbers.put("programs", "programs", list.total);
  numbers.put("programs", "programsLive", list.counts.live);
  numbers.put("programs", "programsWaiting", list.counts.waiting);
  numbers.put("programs", "programsSuspended", list.counts.suspended);
  expect(list.items).toHaveLength(list.total);
  for (const { appId, requests24h, blocked24h, devices24h } of list.items) {
    numbers.put("programs", "requests", requests24h, appId, RANGE);
    numbers.put("programs", "blocked", blocked24h, appId, RANGE);
    numbers.put("programs", "devices", devices24h, appId, RANGE);
    await readProgram(numbers, appId);
  }
  const fleet = await operator.get<DeviceList>("devices");
  numbers.put("devices", "enrolled", fleet.counts.enrolled);
  numbers.put("devices", "current", fleet.counts.current);
  numbers.put("devices", "behind", fleet.counts.behind);
  numbers.put("devices", "stale", fleet.counts.stale);
  numbers.put("devices", "degraded", fleet.counts.degraded);
  numbers.put("devices", "seen", fleet.counts.current + fleet.counts.behind);
  numbers.put("devices", "reached", fleet.counts.current, formatRevision(fleet.platform));
}

async function readOverview(numbers: Numbers): Promise<void> {
  const { waiting, loop } = await operator.get<Overview>("overview");
  numbers.put("overview", "waiting", waiting.length);
  numbers.put("overview", "enrolled", loop.devices.total);
  numbers.put("overview", "seen", loop.devices.seen24h);
  numbers.put("overview", "stale", loop.devices.stale);
  numbers.put("overview", "degraded", loop.devices.degraded);
  numbers.put("overview", "lost", loop.discardedSamples);
  numbers.put("overview", "auditEntries", loop.audit.entries);
  putSpread(numbers, "overview", loop.spread);
  await readPage(numbers, "/");
}

function putSpread(numbers: Numbers, place: string, spread: Spread | null): void {
  if (spread === null) return;
  numbers.put(place, "seen", spread.total);
  numbers.put(place, "reached", spread.reached, formatRevision(spread.position));
  if (spread.applied === null) return;
  numbers.put(place, "applied", spread.applied.halfMs, formatRevision(spread.applied.position));
}

async function readProgram(numbers: Numbers, appId: string): Promise<void> {
  const detail = await operator.get<ProgramDetail>(`programs/${appId}`);
  numbers.put("program", "requests", detail.requests24h, appId, RANGE);
  numbers.put("program", "blocked", detail.blocked24h, appId, RANGE);
  numbers.put("program", "devices", detail.devices24h, appId, RANGE);
  numbers.put("program", "causes", detail.denialCauses24h, appId, RANGE);
  const series = await operator.get<TelemetrySeries>(`programs/${appId}/telemetry?range=${RANGE}`);
  numbers.put("telemetry", "requests", series.totals.requests, appId, RANGE);
  numbers.put("telemetry", "blocked", series.totals.blocked, appId, RANGE);
  numbers.put("telemetry points", "blocked", sum(series.counts.blocked), appId, RANGE);
  numbers.put("telemetry", "devices", series.totals.devices, appId, RANGE);
  numbers.put("telemetry", "crashes", series.totals.crashes, appId, RANGE);
  numbers.put("telemetry", "lost", series.totals.lost);
  const list = await denials(appId);
  numbers.put("denials", "causes", list.causeTotal, appId, RANGE);
  numbers.put("denials", "refused", list.timesTotal, appId, RANGE);
  numbers.put("denials' rows", "refused", sum(list.causes.map(({ times }) => times)), appId, RANGE);
  for (const { cause, times, devices } of list.causes) {
    numbers.put("denials", "refused", times, `${appId} ${cause}`, RANGE);
    numbers.put("denials", "refusedDevices", devices, `${appId} ${cause}`, RANGE);
  }
  const { rows } = await operator.get<PortalQuota>(`portal/programs/${appId}/quota`);
  putLimits(numbers, "quota", appId, QUOTA_RANGE, rows);
  for (const range of [RANGE, QUOTA_RANGE]) putLimits(numbers, "limits", appId, range, await limits(appId, range));
  numbers.put("quota", "limitsReached", rows.filter(isLimitReached).length, appId, QUOTA_RANGE);
  putSpread(numbers, "spread", await operator.get<Spread>(`programs/${appId}/spread`));
}

function putLimits(
  numbers: Numbers,
  place: string,
  appId: string,
  range: string,
  rows: readonly Pick<LimitRow, "name" | "heldBack" | "heldBackDevices">[],
): void {
  for (const row of rows) {
    const of = `${appId} ${row.name}`;
    numbers.put(place, "heldBackDevices", row.heldBackDevices, of, range);
    numbers.put(place, "limitRefusals", refusedBy(row), of, range);
    // Calls that were refused were refused on some device.
    if (refusedBy(row) > 0) expect(row.heldBackDevices, `${place} of ${of}`).toBeGreaterThan(0);
  }
}

const isMeasure = (name: string): name is PageMeasure => Object.hasOwn(PAGE_MEASURES, name);

async function readPage(numbers: Numbers, path: string, until: PageMeasure | "" = ""): Promise<void> {
  await page.goto(path);
  await untilListening(page);
  const awaited = until === "" ? "[data-measure]" : `[data-measure="${until}"]`;
  await expect(page.locator(awaited).first()).toBeVisible();
  const shown = await page.locator("[data-measure]").evaluateAll((elements) =>
    elements.map((element) => {
      const { measure = "", of = "", range = "", value = "" } = (element as HTMLElement).dataset;
      return { measure, of, range, value, text: element.textContent ?? "" };
    }),
  );
  for (const { measure, of, range, value, text } of shown) {
    if (!isMeasure(measure)) throw new Error(`${path} shows ${measure}, which is no measure`);
    numbers.put(path, measure, Number(value), of, range);
    // What is written is that number, but for lengths of time.
    if (measure !== "applied") expect(text, `${measure} on ${path}`).toContain(Number(value).toLocaleString("en"));
  }
}

/** The table of the chart of what was blocked: its points are its sum. */
async function readChart(numbers: Numbers, appId: string): Promise<void> {
  await page.goto(`/programs/${appId}/telemetry?range=${RANGE}`);
  await untilListening(page);
  await page.getByRole("button", { name: "Show Blocked as a table" }).click();
  const cells = await page
    .getByRole("table", { name: "Blocked" })
    .locator("tbody tr td:nth-child(3)")
    .allTextContents();
  const points = cells.map((text) => (text === "no data" ? 0 : Number(text.replaceAll(",", ""))));
  numbers.put("the chart's table", "blocked", sum(points), appId, RANGE);
}

const DOWNLOADED = /^(\d{4}-\d\d-\d\dT[^,]*|[0-9a-f]{16}|~other),/;

/** The rows of what a page hands out as a file, by the names of their columns. */
async function readFile(path: string): Promise<Record<string, string>[]> {
  await page.goto(path);
  await untilListening(page);
  const href = await page.getByRole("link", { name: "Export" }).getAttribute("href");
  const text = await (await page.request.get(href ?? "")).text();
  const [head = "", ...lines] = text.trimEnd().split("\r\n");
  return lines
    .filter((line) => DOWNLOADED.test(line))
    .map((line) => {
      const cells = line.split(",");
      return Object.fromEntries(head.split(",").map((name, nth) => [name, cells[nth] ?? ""]));
    });
}

async function readFiles(numbers: Numbers, appId: string): Promise<void> {
  const points = await readFile(`/programs/${appId}/telemetry?range=${RANGE}`);
  numbers.put("the file of points", "blocked", sum(points.map(({ blocked }) => Number(blocked))), appId, RANGE);
  const causes = await readFile(`/programs/${appId}/blocked?range=${RANGE}`);
  expect(causes.length).toBeGreaterThan(0);
  numbers.put("the file of causes", "refused", sum(causes.map(({ refused }) => Number(refused))), appId, RANGE);
  for (const { cause, refused, refusedDevices } of causes) {
    numbers.put("the file of causes", "refused", Number(refused), `${appId} ${cause}`, RANGE);
    numbers.put("the file of causes", "refusedDevices", Number(refusedDevices), `${appId} ${cause}`, RANGE);
  }
}

async function readAll(): Promise<Numbers> {
  const numbers = new Numbers();
  await readApi(numbers);
  await readOverview(numbers);
  await readPage(numbers, "/programs");
  await readPage(numbers, `/programs?panel=${BUSY}`);
  await readPage(numbers, `/programs/${APP}`);
  await readPage(numbers, `/programs/${APP}/blocked?range=${RANGE}`);
  await readPage(numbers, `/programs/${BUSY}/telemetry?range=${RANGE}`);
  await readPage(numbers, `/programs/${LIMITED}/limits?range=${RANGE}`, "limitRefusals");
  await readPage(numbers, "/fleet");
  await readPage(numbers, `/portal/programs/${BUSY}`, "limitsReached");
  await readChart(numbers, APP);
  await readFiles(numbers, APP);
  return numbers;
}

/** Reads while nobody tells anything; again where minutes were added up to hours in the midst of it. */
async function expectOneTruth(): Promise<void> {
  test.setTimeout(480_000);
  process.kill(demo.hostPid, "SIGSTOP");
  let numbers = new Numbers();
  await expect(async () => {
    numbers = await readAll();
  }).toPass({ timeout: 300_000 });
  process.kill(demo.hostPid, "SIGCONT");
  expect([...numbers.names].sort()).toEqual(Object.keys(PAGE_MEASURES).sort());
}

async function lower(max: number): Promise<string> {
  const changes = [{ member: `program:${BUSY}/limit:requestsPerSecond`, after: { max, action: "throttle" } }];
  const { id } = await operator.post<{ id: string }>("change-sets/narrow", { changes, reason: "Less is enough." });
  await expect
    .poll(async () => (await operator.get<ChangeSetDetail>(`change-sets/${id}`)).spread?.reached, { timeout: 30_000 })
    .toBe(1);
  return id;
}

const appliedOf = async (id: string) =>
  (await operator.get<ChangeSetDetail>(`change-sets/${id}`)).spread?.applied ?? null;

test("pages, lists, charts and the API say the same", async () => {
  const id = await lower(9);
  first = { id, applied: await appliedOf(id) };
  expect(first.applied).toMatchObject({ devices: 1 });
  await expectOneTruth();
});

test("what a decision took stays what it took after three more publishes", async () => {
  for (const max of [8, 7, 6]) await lower(max);
  expect(await appliedOf(first.id)).toEqual(first.applied);
});

test("all say the same still after them and in a new epoch, in which revisions begin anew", async () => {
  const data = join(demo.dataDir, "console");
  const file = join(demo.dataDir, "keyset-2.json");
  for (const words of [
    ["next", "--raise-epoch", "--out", file],
    ["sign", file],
    ["publish", file],
  ]) {
    const args = ["keyset", ...words, "--data", data];
    const options = { cwd: process.cwd(), nodeArgs: ["--import", "tsx"], say: () => undefined };
    expect(await startChild("lib/sync/ceremony/command.ts", args, options).ended).toBe(0);
  }
  await expect
    .poll(async () => (await operator.get<Overview>("overview")).loop.spread, { timeout: 60_000 })
    .toMatchObject({ position: { epoch: 2 }, reached: 1 });
  expect(await appliedOf(first.id)).toEqual(first.applied);
  await expectOneTruth();
});
