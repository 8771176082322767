import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exportAuditLog } from "@/lib/services/audit/export-audit-log";
import { listAudit } from "@/lib/services/audit/list-audit";
import { verifyAuditLog } from "@/lib/services/audit/verify-audit-log";
import { listChangeSets } from "@/lib/services/change-sets/list-change-sets";
import { listDenials } from "@/lib/services/denials/list-denials";
import { getOverview } from "@/lib/services/overview/get-overview";
import { getSession } from "@/lib/services/people/get-session";
import { prepareDemoPeople } from "@/lib/services/people/prepare-demo-people";
import { markSeeded } from "@/lib/services/platform/mark-seeded";
import { listPortalPrograms } from "@/lib/services/portal/list-portal-programs";
import { listPrograms } from "@/lib/services/programs/list-programs";
import { readTelemetry } from "@/lib/services/programs/read-telemetry";
import { LATER_RELEASES } from "./cast";
import { type MadeHistory, makeHistory } from "./make-history";
import { openPast, type Past, type PersonActor } from "./open-past";
import { createWalkingClock } from "./walking-clock";
import type { ToldMinute } from "./world";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A Wednesday, at a whole hour that is also the beginning of a point of the longest chart. */
const UNTIL_MS = Date.UTC(2026, 5, 10, 20);
/** Of the cast's 24, and all that the story is about. */
const DEVICES = 6;
const NEWS = "example.harbourlight.news";
const RADIO = "example.harbourlight.radio";
const BLOCKS = "example.lantern.blocks";
const ORDERS = "example.saffron.orders";

const folder = mkdtempSync(join(tmpdir(), "bulkhead-past-"));
const place = { dataDir: join(folder, "console"), platformId: "harbor", platformName: "Harbor" };
let made: MadeHistory;
let past: Past;
let mara: PersonActor;

beforeAll(async () => {
  made = await makeHistory({ ...place, keysDir: join(folder, "publishers"), untilMs: UNTIL_MS, devices: DEVICES });
  past = await openPast(place, createWalkingClock(UNTIL_MS + 1_000));
  mara = past.person("Mara");
}, 600_000);
afterAll(async () => {
  await past.close();
  rmSync(folder, { recursive: true, force: true });
});

/** What devices told within so long before the end, of whichever programs. */
const within = (ms: number, appId?: string): ToldMinute[] =>
  made.told.filter((minute) => minute.at * 1_000 >= UNTIL_MS - ms && (appId ?? minute.appId) === minute.appId);
const sum = (minutes: readonly ToldMinute[], of: "requests" | "blocked" | "crashes" | "throttledMs") =>
  minutes.reduce((all, minute) => all + minute[of], 0);
const apps = () => [...new Set(made.told.map(({ appId }) => appId))];
/** The three largest, by a number of each. */
const largest = <T>(all: readonly T[], of: (one: T) => number): T[] =>
  [...all].sort((a, b) => of(b) - of(a)).slice(0, 3);

it("leaves a log that is whole, and documents that verify, to whoever opens the store after it", async () => {
  const found = await verifyAuditLog(past.context, mara);
  expect(found).toMatchObject({ isWhole: true, problem: null, firstBadSequence: null });
  expect(found.documents).toBeGreaterThan(12);
});

describe("each page's largest numbers are what devices told, added up", () => {
  it("of programs in a day", async () => {
    for (const sort of ["requests", "blocked"] as const) {
      const { items } = await listPrograms(past.context, mara, { sort });
      const shown = items.slice(0, 3).map((row) => [row.appId, row[`${sort}24h`]]);
      const counted = apps().map((appId) => [appId, sum(within(DAY_MS, appId), sort)] as const);
      const three = largest(counted, ([, count]) => count);
      expect(shown.filter(([, count]) => count !== 0)).toEqual(three.filter(([, count]) => count !== 0));
      expect(three[0]?.[1]).toBeGreaterThan(0);
    }
  });

  it("of a program's charts in two weeks", async () => {
    const counted = apps().map((appId) => ({ appId, minutes: within(14 * DAY_MS, appId) }));
    for (const { appId, minutes } of largest(counted, (one) => sum(one.minutes, "requests"))) {
      const { totals, counts } = await readTelemetry(past.context, mara, appId, { range: "14d" });
      const devices = new Set(minutes.map(({ deviceId }) => deviceId)).size;
      const [requests, blocked, crashes] = [sum(minutes, "requests"), sum(minutes, "blocked"), sum(minutes, "crashes")];
      expect(totals, appId).toMatchObject({ requests, blocked, crashes, devices, lost: 0, unlistedMinutes: 0 });
      expect(counts.throttledMs.reduce((all: number, ms) => all + (ms ?? 0), 0)).toBe(sum(minutes, "throttledMs"));
    }
  });

  it("of what was blocked", async () => {
    const { causes, timesTotal } = await listDenials(past.context, mara, { appId: NEWS, range: "14d" });
    const times = new Map<string, number>();
    for (const { denials } of within(14 * DAY_MS, NEWS)) {
      for (const { cause, count } of denials) times.set(cause, (times.get(cause) ?? 0) + count);
    }
    const shown = causes.slice(0, 3).map((one) => [one.cause, one.times]);
    expect(shown).toEqual(largest([...times], ([, count]) => count));
    expect(timesTotal).toBe([...times.values()].reduce((all, count) => all + count, 0));
  });

  it("of the overview and of the log", async () => {
    const { loop, recent } = await getOverview(past.context, mara);
    // One was lost.
    expect(loop.devices).toMatchObject({ total: DEVICES - 1 });
    expect(recent.map(({ changes }) => changes[0]?.appId)).toEqual([NEWS]);
    expect(recent.every((set) => set.reached === set.total && set.total !== null && set.total > 0)).toBe(true);
    const { entries } = await verifyAuditLog(past.context, mara);
    const { items, total } = await listAudit(past.context, mara, {});
    expect([loop.audit.entries, total.atLeast, items[0]?.sequence]).toEqual([entries, entries, entries]);
  });
});

describe("the story", () => {
  const of = (appId: string, versionCode: number) =>
    made.told.filter((minute) => minute.appId === appId && minute.versionCode === versionCode);
  const publishedOf = async (title: RegExp) => {
    const { items } = await listChangeSets(past.context, mara, { state: "ended" });
    const found = items.filter(
      (set) => set.state === "published" && set.changes.some((change) => title.test(change.title)),
    );
    return found.map((set) => ({ ...set, atMs: Date.parse(set.publishedAt ?? "") }));
  };

  it("decides in the hours of an office, on its days where it need not be at once", async () => {
    const { items } = await listChangeSets(past.context, mara, { state: "ended" });
    for (const { publishedAt } of items.filter(({ state }) => state === "published")) {
      const hour = new Date(publishedAt ?? "").getUTCHours();
      expect([hour >= 8, hour < 18]).toEqual([true, true]);
    }
  });

  it("has a Radio that falls, is suspended, and does not fall when it is mended", () => {
    const { radio, radioMended } = LATER_RELEASES;
    expect(sum(of(RADIO, radio.code), "crashes")).toBeGreaterThan(0);
    expect(sum(of(RADIO, radioMended.code), "crashes")).toBe(0);
    expect(of(RADIO, radioMended.code).length).toBeGreaterThan(0);
  });

  it("suspends the wrong program, and undoes it within minutes", async () => {
    const sets = await publishedOf(/status|suspend|activ|lift/i);
    const ofNews = sets.filter((set) => set.changes.some(({ appId }) => appId === NEWS));
    const [undone, mistaken] = ofNews.sort((a, b) => b.atMs - a.atMs);
    expect(undone?.undoOf).toBe(mistaken?.id);
    expect((undone?.atMs ?? 0) - (mistaken?.atMs ?? 0)).toBeLessThan(5 * 60_000);
  });

  it("holds Block Drift back from its limit on, and not before", async () => {
    const [limit] = await publishedOf(/cpuMsPerMinute/);
    const since = (limit?.atMs ?? 0) / 1_000;
    const minutes = of(BLOCKS, LATER_RELEASES.blocks.code);
    expect(
      sum(
        minutes.filter(({ at }) => at < since),
        "throttledMs",
      ),
    ).toBe(0);
    const heldBack = minutes.filter(({ at }) => at > since + 600);
    expect(sum(heldBack, "throttledMs")).toBeGreaterThan(60_000);
    expect(Math.max(...heldBack.map(({ cpuMs }) => cpuMs))).toBeLessThanOrEqual(4_000);
  });

  it("refuses the map's host until it is listed, and lets it through from then on", async () => {
    const [listed] = (await publishedOf(/maps\.saffron\.example/)).filter(({ state }) => state === "published");
    const since = (listed?.atMs ?? 0) / 1_000;
    const asked = of(ORDERS, LATER_RELEASES.orders.code).flatMap(({ at, hosts }) =>
      hosts.filter(({ host }) => host === "maps.saffron.example").map((count) => ({ at, ...count })),
    );
    const before = asked.filter(({ at }) => at < since);
    const after = asked.filter(({ at }) => at > since + DAY_MS / 1_000);
    expect(before.length * after.length).toBeGreaterThan(0);
    expect(before.every(({ allowed, blocked }) => allowed === 0 && blocked > 0)).toBe(true);
    expect(after.every(({ allowed, blocked }) => allowed > 0 && blocked === 0)).toBe(true);
    const { causes } = await listDenials(past.context, mara, { appId: ORDERS, range: "14d" });
    const map = causes.find(({ target }) => target.startsWith("maps.saffron.example"));
    expect(map?.mended).not.toBeNull();
    expect(causes.find(({ target }) => target.startsWith("px.adlantern.example"))?.acknowledged).not.toBeNull();
  });

  it("leaves a proposal that waits", async () => {
    const { items } = await listChangeSets(past.context, mara, { state: "open" });
    expect(items.map(({ owner, changes }) => [owner.name, changes[0]?.appId])).toEqual([
      ["Teo Okafor", "example.lantern.words"],
    ]);
  });
});

it("lets a developer in, whose programs have data", async () => {
  const links = await prepareDemoPeople(past.context);
  expect(links.find(({ role }) => role === "developer")?.name).toBe("Juno Hale");
  const { items } = await listPortalPrograms(past.context, past.person("Juno"), {});
  expect(items.map(({ name }) => name)).toEqual(["Block Drift", "Pocket Chess", "Word Garden"]);
  for (const { appId, requests24h } of items) expect(requests24h, appId).toBe(sum(within(DAY_MS, appId), "requests"));
});

it("says until when it was made, once, and never of a platform that people use", async () => {
  const { context } = past;
  const seededUntil = new Date(UNTIL_MS).toISOString();
  expect((await getSession(context, mara)).seededUntil).toBe(seededUntil);
  const said = (await listAudit(context, mara, {})).items.find(({ action }) => action === "platform.seed");
  expect(said).toMatchObject({ at: seededUntil, actor: { name: "demo" }, after: { seededUntil } });
  const exported = await new Response(await exportAuditLog(context, mara, "req_export")).text();
  expect(exported.split("\n").filter((line) => line.includes("platform.seed"))).toEqual([
    expect.stringContaining(seededUntil),
  ]);
  await expect(markSeeded(context, UNTIL_MS)).rejects.toMatchObject({ code: "internal" });
  const inUse = { ...context, config: { ...context.config, isDevelopmentStore: false } };
  await expect(markSeeded(inUse, UNTIL_MS)).rejects.toMatchObject({ code: "internal" });
});
