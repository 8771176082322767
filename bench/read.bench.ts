import { platform } from "../db/schema";
import { postgresServer, stopPostgresServer } from "../db/testing/postgres-server";
import type { Actor } from "../lib/domain/roles";
import { resignDocuments } from "../lib/sync/resign-documents";
import type { BenchResult } from "./bench-report";
import { percentile, round } from "./figures";
import { READS } from "./read/reads";
import { type Statement, watchStatements } from "./read/watch-statements";
import { openBenchContext } from "./seed/open-bench-context";
import { AT_SIZE, countSeeded, seedAtSize } from "./seed/seed-at-size";

const ROUNDS = 9;
const TARGET_MS = 100;

const READER: Actor = {
  ...{ kind: "person", personId: "per_seed0", name: "Person 0", email: "seed0@bench.example", role: "operator" },
  ...{ publisherId: null, sessionId: "ses_bench" },
};

type Row = {
  store: string;
  read: string;
  p50: number;
  p95: number;
  statements: number;
  longest: number;
  met: string;
  of: string;
};

async function measure(name: string, where: Parameters<typeof openBenchContext>[0], only: string): Promise<Row[]> {
  const bench = await openBenchContext(where);
  const { store } = bench.context;
  try {
    const [seeded] = await store.db.select({ at: platform.setUpAt }).from(platform);
    const clock = { nowMs: () => seeded?.at?.getTime() ?? 0 };
    if ((await countSeeded(store)).change_sets === 0) {
      await seedAtSize(store, AT_SIZE, clock.nowMs());
      await resignDocuments(store, bench.context);
    }
    const context = { ...bench.context, clock };
    process.stderr.write(`${name}: ${JSON.stringify(await countSeeded(store))}\n`);
    let statements: Statement[] = [];
    watchStatements(store, (statement) => statements.push(statement));
    const rows: Row[] = [];
    for (const [read, ask] of Object.entries(READS).filter(([known]) => known.includes(only))) {
      const [times, asked]: [number[], Statement[][]] = [[], []];
      // The first round warms up.
      for (let nth = 0; nth <= ROUNDS; nth += 1) {
        statements = [];
        const from = performance.now();
        await ask(context, READER);
        if (nth === 0) continue;
        times.push(performance.now() - from);
        asked.push(statements);
      }
      // Of each statement by its place the middle of the rounds, so that what else the machine did at one moment counts for none.
      const longest = asked[0]
        ?.map(({ sql }, place) => {
          return {
            sql,
            ms: percentile(
              asked.map((round) => round[place]?.ms ?? 0),
              0.5,
            ),
          };
        })
        .sort((a, b) => b.ms - a.ms)[0];
      rows.push({
        ...{ store: name, read, p50: round(percentile(times, 0.5)), p95: round(percentile(times, 0.95)) },
        ...{ statements: asked[0]?.length ?? 0, longest: round(longest?.ms ?? 0) },
        ...{ met: (longest?.ms ?? 0) < TARGET_MS ? "met" : "NOT met", of: tableOf(longest?.sql ?? "") },
      });
    }
    return rows;
  } finally {
    await bench.close();
  }
}

/** The table that a statement begins with. */
const tableOf = (sql: string): string => /from "?(?:[a-z_]+"?\."?)?([a-z_]+)/i.exec(sql)?.[1] ?? "";

/**
 * Each read of the console on a store at size: how long it takes as a whole, and its longest statement. `embedded` or `postgres`
 * measures that store alone, `--only TEXT` reads of that name, `--data DIR` keeps the embedded store there and finds it there.
 */
export async function run(args: readonly string[]): Promise<BenchResult> {
  const optionOf = (option: string) => (args.includes(option) ? args[args.indexOf(option) + 1] : undefined);
  const [only = "", dataDir] = [optionOf("--only"), optionOf("--data")];
  const isAsked = (name: string) =>
    args.includes(name) || !["embedded", "postgres"].some((each) => args.includes(each));
  const results: Row[] = [];
  try {
    if (isAsked("embedded"))
      results.push(...(await measure("embedded", dataDir === undefined ? {} : { dataDir }, only)));
    if (isAsked("postgres")) {
      const postgresUrl = await (await postgresServer()).createDatabase();
      results.push(...(await measure("postgres", { postgresUrl }, only)));
    }
  } finally {
    await stopPostgresServer();
  }
  return {
    ...{
      bench: "read",
      unit: "ms",
      results,
      target: `no statement of a read takes ${TARGET_MS} ms, in the middle of ${ROUNDS} rounds`,
    },
    ok: results.every(({ met }) => met === "met"),
  };
}
