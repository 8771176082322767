import { type SQL, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rowsOf } from "../../db/rows";
import type { Database } from "../../db/store";
import type { Actor } from "../../lib/domain/roles";
import { openServiceFixture, type ServiceFixture } from "../../lib/services/testing/service-fixture";
import { resignDocuments } from "../../lib/sync/resign-documents";
import { seedAtSize } from "../seed/seed-at-size";
import { READS } from "./reads";
import { explain, type PlanNode, type Statement, watchStatements } from "./watch-statements";

/** So that each large table has thousands of rows, most of which no one page is about. */
const SIZE = {
  ...{ programs: 60, devices: 60, days: 1, minutes: 60, names: 1, decisions: 1_000, submissions: 100 },
  ...{ auditEntries: 1_000, events: 3_000 },
};
/** Rows that a step of a plan may look at and leave out, and that one may sort of which a page shows some. */
const IN_VAIN_MAX = 400;

const passed = (node: PlanNode): number => node["Actual Rows"] * node["Actual Loops"];

/** What a statement does in vain: rows that it looks at and leaves out, and rows that it sorts for a page. */
function faultsOf(node: PlanNode, isLimited = false): string[] {
  const faults: string[] = [];
  const { "Node Type": type, "Actual Loops": loops, Plans: plans = [] } = node;
  const left = ((node["Rows Removed by Filter"] ?? 0) + (node["Rows Removed by Index Recheck"] ?? 0)) * loops;
  if (left > IN_VAIN_MAX) faults.push(`${type} of ${node["Relation Name"]} leaves out ${left} rows`);
  const sorted = plans.reduce((sum, plan) => sum + passed(plan), 0);
  if (isLimited && type === "Sort" && sorted > IN_VAIN_MAX) faults.push(`sorts ${sorted} rows for a page`);
  const limits = isLimited || type === "Limit";
  return [...faults, ...plans.flatMap((plan) => faultsOf(plan, limits))];
}

let fixture: ServiceFixture;
let reader: Actor;
let statements: Statement[] = [];

beforeAll(async () => {
  fixture = await openServiceFixture();
  const { ctx, clock } = fixture;
  await seedAtSize(ctx.store, SIZE, clock.nowMs());
  await resignDocuments(ctx.store, ctx);
  reader = await fixture.person("operator");
  watchStatements(ctx.store, (statement) => statements.push(statement));
});
afterAll(() => fixture.close());

async function askedBy(name: string): Promise<Statement[]> {
  statements = [];
  await READS[name]?.(fixture.ctx, reader);
  const asked = statements;
  statements = [];
  expect(asked).not.toEqual([]);
  return asked;
}

/**
 * What statements do in vain, without an index if one is to be dropped. Where one leads to their rows they are to take it, though
 * tables as small as a test's are sooner read whole.
 */
async function judge(asked: readonly Statement[], drop?: (db: Database) => Promise<SQL>): Promise<string[]> {
  const found: string[] = [];
  const undone = new Error("undone");
  const work = fixture.ctx.store.transaction(async ({ db }) => {
    await db.execute(sql`set local enable_seqscan = off`);
    if (drop !== undefined) await db.execute(await drop(db));
    for (const statement of asked) {
      found.push(...faultsOf(await explain(db, statement)).map((fault) => `${fault}: ${statement.sql}`));
    }
    throw undone;
  });
  await expect(work).rejects.toBe(undone);
  return found;
}

// A search reads what it searches: no index finds words.
const LED = Object.keys(READS).filter((name) => !name.includes("found"));

describe("a read of the console", () => {
  it.each(LED)("finds its rows by an index, and sorts few for a page: %s", async (name) => {
    expect(await judge(await askedBy(name))).toEqual([]);
  });

  it("takes figures from what was added up: no minutes of single devices", async () => {
    const asked: Statement[] = [];
    for (const name of LED) asked.push(...(await askedBy(name)));
    expect(asked.filter(({ sql: text }) => text.includes('"fleet_minutes"'))).not.toEqual([]);
    expect(asked.filter(({ sql: text }) => /"(device|late)_minutes"/.test(text))).toEqual([]);
  });

  it.each([
    ["audit_entries_app", "audit of a program"],
    ["audit_entries_action", "audit of an action"],
    ["change_sets_state", "decisions, open"],
    ["change_sets_published", "telemetry, 1 h"],
    ["events_at", "denials of all, 14 d"],
    ["events_cause", "denials of a program, 14 d"],
    ["events_denial", "a denial"],
    ["published_members_app", "access of a program"],
  ])("is found to do much in vain without %s: %s", async (index, name) => {
    expect(await judge(await askedBy(name), async () => sql`drop index ${sql.identifier(index)}`)).not.toEqual([]);
  });

  it.each([
    ["hour_rollups", "telemetry, 14 d"],
    ["fleet_minutes", "telemetry, 24 h"],
  ])("is found to do much in vain without the key of %s: %s", async (relation, name) => {
    const dropKey = async (db: Database) => {
      const [key] = await rowsOf<{ name: string }>(
        db,
        sql`select conname as name from pg_constraint where conrelid = ${relation}::regclass and contype = 'p'`,
      );
      return sql`alter table ${sql.identifier(relation)} drop constraint ${sql.identifier(key?.name ?? "")}`;
    };
    expect(await judge(await askedBy(name), dropKey)).not.toEqual([]);
  });
});
