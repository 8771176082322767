import { AppRouterContext, type AppRouterInstance } from "next/dist/shared/lib/app-router-context.shared-runtime";
import type { ReactNode } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, test } from "vitest";
import { DEFAULT_PREFERENCES } from "@/lib/format/preferences";
import { type Column, DataTable } from "./data-table";
import { NowProvider } from "./now";
import { PreferencesProvider } from "./preferences";
import { SeededProvider, useSeededGroups } from "./seeded";
import { TimeChart } from "./time-chart";

const NOW_MS = Date.UTC(2026, 5, 10, 20);
const HOUR_MS = 3_600_000;
const hoursAgo = (hours: number) => new Date(NOW_MS - hours * HOUR_MS).toISOString();
const nowhere = () => undefined;
const ROUTER: AppRouterInstance = {
  ...{ back: nowhere, forward: nowhere, refresh: nowhere, push: nowhere, replace: nowhere, prefetch: nowhere },
  bfcacheId: "",
};
const COLUMNS: Column<string>[] = [{ id: "at", head: "At", cell: (row) => `row ${row}` }];

function textOf(until: string | null, children: ReactNode): string {
  const shown = renderToStaticMarkup(
    <AppRouterContext value={ROUTER}>
      <PreferencesProvider initial={DEFAULT_PREFERENCES}>
        <NowProvider initialMs={NOW_MS}>
          <SeededProvider until={until}>{children}</SeededProvider>
        </NowProvider>
      </PreferencesProvider>
    </AppRouterContext>,
  );
  return shown.replace(/<[^>]*>/g, " ").replace(/\s+/g, " ");
}

function Rows({ rows }: { rows: readonly string[] }) {
  const seeded = useSeededGroups(rows, (row) => row);
  return <DataTable id="rows" caption="Rows" columns={COLUMNS} rows={rows} keyOf={(row) => row} {...seeded} />;
}

describe("a list by time says what of it was made for a demo", () => {
  const rows = [hoursAgo(1), hoursAgo(3), hoursAgo(4)];
  const places = (text: string, ...words: readonly string[]) => words.map((word) => text.indexOf(word));

  test("under a line of its own, what was lived since above it", () => {
    const text = textOf(hoursAgo(2), <Rows rows={rows} />);
    const found = places(text, "Since 18:00", `row ${rows[0]}`, "Made for the demo, until 18:00", `row ${rows[1]}`);
    expect(found.every((at) => at >= 0)).toBe(true);
    expect(found).toEqual([...found].sort((a, b) => a - b));
  });

  test("by that line alone where all of it was", () => {
    const text = textOf(hoursAgo(0), <Rows rows={rows} />);
    expect(places(text, "Made for the demo")[0]).toBeGreaterThan(0);
    expect(places(text, "Since")).toEqual([-1]);
  });

  test("by no line where none of it was, or the platform was lived from the first day", () => {
    for (const until of [hoursAgo(5), null]) expect(textOf(until, <Rows rows={rows} />)).not.toMatch(/demo|Since/);
  });
});

describe("a chart says what of it was made for a demo", () => {
  const times = [hoursAgo(3), hoursAgo(2), hoursAgo(1), hoursAgo(0)];
  const series = [{ name: "blocked", tone: "blocked" as const, values: [1, 2, 3, 4] }];
  const chart = <TimeChart title="Blocked" times={times} series={series} summary="Four hours." />;

  test("in its words and beside its plot, and until when where it ends in it", () => {
    const text = textOf(hoursAgo(1), chart);
    expect(text).toContain("Four hours. Made for the demo until 10 Jun 2026, 19:00:00 UTC.");
    expect(text).toContain(" made for the demo until 19:00 ");
    expect(textOf(new Date(NOW_MS + HOUR_MS).toISOString(), chart)).toContain(" made for the demo ");
  });

  test("not at all where it begins after that", () => {
    for (const until of [hoursAgo(3), hoursAgo(9), null]) expect(textOf(until, chart)).not.toContain("demo");
  });
});
