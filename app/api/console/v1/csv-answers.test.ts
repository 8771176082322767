import { expect, test } from "vitest";
import type { DenialCause, TelemetrySeries } from "@/lib/contracts/programs";
import { CHART_COUNTS, CHARTED } from "@/lib/domain/measures/charted";
import { OTHER } from "@/native/core/telemetry/other";
import { causesCsv, telemetryCsv } from "./csv-answers";

const AT = "2026-01-05T12:00:00.000Z";
const MOST = Number.MAX_SAFE_INTEGER;

const causeOf = (more: Partial<DenialCause>): DenialCause => ({
  ...{ cause: "a".repeat(16), code: "HOST_NOT_ALLOWED", layer: "host", rule: null, target: "a.example.com:443" },
  ...{ purpose: "request", sinceVersion: 1, firstAt: AT, lastAt: AT, times: 1, devices: 1, trend: [] },
  ...{ newestDenialId: null, mended: null, acknowledged: null },
  ...more,
});
const listOf = (causes: DenialCause[], causeTotal: number, behind: string | null = null) => ({
  ...{ since: AT, causes, causeTotal, timesTotal: 0, behind, items: [], nextCursor: null },
});
const linesOf = async (answer: Response) => (await answer.text()).split("\r\n").slice(0, -1);

test("causes are written with what a device made up as text, the greatest numbers whole, and what is counted together last", async () => {
  const causes = [
    causeOf({ target: '=HYPERLINK("http://evil.example","x")', times: MOST }),
    causeOf({ target: "a,b\r\n@SUM(A1)", rule: "-1+1" }),
    causeOf({ cause: OTHER, code: "", layer: "", target: "unknown", purpose: null, times: 7 }),
  ];
  const answer = causesCsv("com.example.coins", "24h", {}, listOf(causes, 2), null);
  expect(answer.headers.get("content-type")).toBe("text/csv; charset=utf-8");
  expect(answer.headers.get("content-disposition")).toBe('attachment; filename="com.example.coins-blocked-24h.csv"');
  const text = await answer.text();
  expect(text).toContain(`"'=HYPERLINK(""http://evil.example"",""x"")"`);
  expect(text).toContain(`,${MOST},`);
  expect(text).toContain(",'-1+1,");
  expect(text.trimEnd().split("\r\n").at(-1)).toMatch(/^~other,,unknown,,,,1,.*,7,1,,$/);
});

test("a file that is not all says so in its last line, and is not read as one that is", async () => {
  const cut = await linesOf(causesCsv("com.example.coins", "24h", {}, listOf([causeOf({})], 240, AT), AT));
  expect(cut.slice(2)).toEqual([
    "These are the 1 most frequent of 240 causes.",
    `What was told after ${AT} is not counted whole yet.`,
    `What is older than ${AT} was made for a demo.`,
  ]);
  expect(await linesOf(causesCsv("com.example.coins", "24h", {}, listOf([causeOf({})], 1), null))).toHaveLength(2);
});

test("a file of some causes says of which, by its name and line by line", async () => {
  const filter = { version: 3, code: "HOST_NOT_ALLOWED", host: "=a.example.com", purpose: undefined };
  const answer = causesCsv("com.example.coins", "24h", filter, listOf([causeOf({ devices: 161 })], 2), null);
  expect(answer.headers.get("content-disposition")).toContain('"com.example.coins-blocked-24h-filtered.csv"');
  expect((await linesOf(answer)).slice(2)).toEqual([
    "Only causes of the version 3.",
    "Only causes of the code HOST_NOT_ALLOWED.",
    "Only causes of the host =a.example.com.",
    "These are the 1 most frequent of 2 such causes.",
    "Numbers of devices above 160 are estimates.",
  ]);
});

test("a gap between points is a gap, never a zero", async () => {
  const gap = [null, null];
  const share = { p50: gap, p95: gap, max: gap };
  const series: TelemetrySeries = {
    ...{ range: "1h", bucketSeconds: 60, times: [AT, AT], devices: [0, 2], marks: [], limits: {} },
    measures: {
      ...{ cpuMs: { p50: gap, p95: [null, 7], max: gap }, memoryBytesMax: share, requests: share, inFlightMax: share },
      ...{ requestsPerSecondMax: share, bridgeCallsPerSecondMax: share, storageBytesMax: share, cacheBytesMax: share },
    },
    counts: { requests: gap, blocked: [null, 4], throttledMs: gap, crashes: gap, bytesIn: gap, bytesOut: gap },
    totals: { devices: 2, requests: 4, blocked: 4, crashes: 0, lost: 0, unlistedMinutes: 0 },
    ...{ newestAt: AT, behind: null },
  };
  const [head = "", ...lines] = await linesOf(telemetryCsv("com.example.coins", {}, series, null));
  const names = head.split(",");
  expect(names.slice(0, 4)).toEqual(["at", "cpuMsP50", "cpuMsP95", "cpuMsMax"]);
  expect(names).toHaveLength(1 + CHARTED.length * 3 + CHART_COUNTS.length + 1);
  const [first, second] = lines.map((line) => new Map(line.split(",").map((cell, nth) => [names[nth], cell])));
  expect([...(first ?? [])].filter(([, cell]) => cell !== "")).toEqual([
    ["at", AT],
    ["devices", "0"],
  ]);
  expect([...(second ?? [])].filter(([, cell]) => cell !== "")).toEqual([
    ["at", AT],
    ["cpuMsP95", "7"],
    ["blocked", "4"],
    ["devices", "2"],
  ]);
  const ofOne = telemetryCsv("com.example.coins", { version: 3, region: "eu" }, series, AT);
  expect(ofOne.headers.get("content-disposition")).toContain(
    '"com.example.coins-telemetry-1h-version-3-region-eu.csv"',
  );
  expect((await linesOf(ofOne)).slice(-3)).toEqual([
    "Only of the version 3.",
    "Only of the region eu.",
    `What is older than ${AT} was made for a demo.`,
  ]);
});
