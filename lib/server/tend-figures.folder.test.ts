import { expect, it } from "vitest";
import { auditEntries } from "@/db/schema";
import { damageTable, withDataFolder } from "@/db/testing/data-folder";
import { fillTables } from "@/db/testing/fill-tables";
import { randomIds } from "@/lib/platform/ids";
import { createFiguresJob } from "./tend-figures";

const folder = withDataFolder();
const DAY_MS = 86_400_000;

it("figures are read once a day; what is put aside is logged, and stands in the audit log", async () => {
  const first = await folder.open();
  await first.store.transaction((tx) => fillTables(tx.db));
  await first.store.transaction(({ db }) => db.delete(auditEntries));
  await first.store.close();
  await damageTable(folder.path, "public.detail_days");
  const { store } = await folder.open();
  let nowMs = Date.parse("2026-03-02T10:00:00Z");
  const logged: string[] = [];
  const job = createFiguresJob({
    ...{ store, clock: { nowMs: () => nowMs }, ids: randomIds },
    logger: (_, event) => logged.push(event),
  });
  await job();
  expect(logged).toEqual(["figures_set_aside"]);
  const entries = await store.db.select().from(auditEntries);
  expect(entries).toMatchObject([{ action: "store.figuresAside", after: { table: "detail_days" } }]);

  await store.close();
  nowMs += DAY_MS - 1;
  await job();
  nowMs += 1;
  await expect(job()).rejects.toMatchObject({ code: "unavailable" });
});
