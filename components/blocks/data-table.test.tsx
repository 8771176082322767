import { AppRouterContext, type AppRouterInstance } from "next/dist/shared/lib/app-router-context.shared-runtime";
import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, test } from "vitest";
import { DEFAULT_PREFERENCES } from "@/lib/format/preferences";
import { type Column, DataTable } from "./data-table";
import { PreferencesProvider } from "./preferences";

const nowhere = () => undefined;
const ROUTER: AppRouterInstance = {
  ...{ back: nowhere, forward: nowhere, refresh: nowhere, push: nowhere, replace: nowhere, prefetch: nowhere },
  bfcacheId: "",
};
const COLUMNS: Column<string>[] = [{ id: "name", head: "Name", cell: (row) => row }];

/** What a table of these rows says of how many there are, and of which each of them is. */
function told(rows: readonly string[], total?: number | null) {
  const shown = renderToStaticMarkup(
    <AppRouterContext value={ROUTER}>
      <PreferencesProvider initial={DEFAULT_PREFERENCES}>
        <DataTable
          {...{ id: "rows", caption: "Rows", columns: COLUMNS, rows, keyOf: (row: string) => row }}
          {...(total === undefined ? {} : { total })}
        />
      </PreferencesProvider>
    </AppRouterContext>,
  );
  const indices = [...shown.matchAll(/aria-rowindex="(\d+)"/g)].map(([, index]) => Number(index));
  return { count: /aria-rowcount="(-?\d+)"/.exec(shown)?.[1] ?? null, indices };
}

describe("a table says how many rows there are", () => {
  test("in the list, its head included, where more of them are on the server", () => {
    expect(told(["a", "b"], 500)).toEqual({ count: "501", indices: [1, 2, 3] });
  });

  test("as not known where nobody counted them", () => {
    expect(told(["a", "b"], null)).toEqual({ count: "-1", indices: [1, 2, 3] });
  });

  test("by its rows alone where they are all of them, or more than were counted", () => {
    for (const total of [undefined, 2, 1]) expect(told(["a", "b"], total)).toEqual({ count: null, indices: [] });
  });
});

test("a group's line gives way column by column as every row does, whichever column is the first", () => {
  const columns: Column<string>[] = [
    { id: "when", head: "When", priority: 3, cell: (row) => row },
    { id: "name", head: "Name", cell: (row) => row },
  ];
  const shown = renderToStaticMarkup(
    <AppRouterContext value={ROUTER}>
      <PreferencesProvider initial={DEFAULT_PREFERENCES}>
        <DataTable
          {...{ id: "rows", caption: "Rows", columns, rows: ["a"], keyOf: (row: string) => row }}
          {...{ groups: [{ key: "all", title: "All of them", count: 1 }], groupOf: () => "all" }}
        />
      </PreferencesProvider>
    </AppRouterContext>,
  );
  const ways = [...shown.matchAll(/<tr[^>]*>(.*?)<\/tr>/g)].map(([, row = ""]) =>
    [...row.matchAll(/<t[dh]([^>]*)>/g)].map(([, cell = ""]) => /@max-\S+:hidden/.exec(cell)?.[0] ?? "stays"),
  );
  expect(ways).toEqual([ways[0], ways[0], ways[0]]);
  expect(ways[0]).toEqual(["stays", "@max-3xl:hidden", "stays", "stays"]);
});
