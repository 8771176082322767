import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { brotliDecompressSync } from "node:zlib";
import { sql } from "drizzle-orm";
import { rowsOf } from "../rows";
import type { Database } from "../store";
import { dumpTable } from "./fill-tables";

const fixture = (name: string) => new URL(`fixtures/${name}`, import.meta.url);

/** What the released version itself read from its data folder. */
export type ReleasedFacts = {
  /** How many rows each table had. */
  counts: Record<string, number>;
  /** Every row of the tables that the journal keeps whole. */
  rows: Record<string, Record<string, unknown>[]>;
};

/** Puts the data folder of the released version, as its clean stop left it, into a folder that is made for it. */
export function unpackReleased(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const tar = brotliDecompressSync(readFileSync(fixture("released.tar.br")));
  const { status, error, stderr } = spawnSync("tar", ["-xpf", "-", "-C", folder], { input: tar });
  if (status !== 0) throw error ?? new Error(`tar: ${stderr}`);
}

export function releasedFacts(): ReleasedFacts {
  return JSON.parse(readFileSync(fixture("released-facts.json"), "utf8")) as ReleasedFacts;
}

type Row = Record<string, unknown>;

/** Columns that have another name by now. */
const RENAMED: Readonly<Record<string, string>> = { "publisher_tokens.person_id": "created_by" };

/** A published member as `dumpTable` writes it; `name` is what follows the last colon of its key. */
type MemberRow = { app_id: string | null; change_set_id: string | null; updated_at: string; name: string; value: Row };

/** Tables whose rows are members by now: of which kinds, and the row that the released version had of one. */
const DISSOLVED: Readonly<Record<string, { kinds: readonly string[]; row(member: MemberRow): Row }>> = {
  grants: {
    kinds: ["grant"],
    row: ({ app_id, change_set_id, updated_at, name, value }) => {
      const { consent, constraints = null, until = null } = value;
      return { app_id, capability: name, consent, constraints, until_seconds: until, change_set_id, updated_at };
    },
  },
  host_rules: {
    kinds: ["host"],
    row: ({ app_id, change_set_id, updated_at, name, value }) => {
      const { until = null, fromVersion = null, pins = null, ...rule } = value;
      const optional = { until_seconds: until, from_version: fromVersion, pins };
      return { id: name, app_id, ...rule, ...optional, change_set_id, updated_at };
    },
  },
  receivers: { kinds: ["receiver"], row: ({ app_id, name, value }) => ({ app_id, from_app_id: name, ...value }) },
  external_routes: { kinds: ["route"], row: ({ app_id, name }) => ({ app_id, page: name }) },
  limits: {
    kinds: ["limit", "platform-limit"],
    row: ({ app_id, name, value }) => ({ scope: app_id ?? "platform", name, value }),
  },
  blocked_hosts: { kinds: ["blocked-host"], row: ({ name }) => ({ host: name }) },
  min_runtimes: { kinds: ["min-runtime"], row: ({ name, value }) => ({ kind: name, version: value }) },
};

/** Settings of the platform that were columns of its row. */
const SETTINGS = sql`
  select (select value from published_members where member = 'platform/grace-seconds') as grace_seconds,
    (select value->'sampling' from published_members where member = 'platform/telemetry') as telemetry_sampling,
    (select value->'intervalSeconds' from published_members where member = 'platform/telemetry')
      as telemetry_interval_seconds`;

/** A table's rows as the released version had them: under its names, as far as its columns go. */
export async function releasedRows(db: Database, relation: string): Promise<Row[]> {
  const rowsOfNow = async (name: string) => (await dumpTable(db, name)).map((text) => JSON.parse(text) as Row);
  const dissolved = DISSOLVED[relation];
  if (dissolved !== undefined) {
    const members = await rowsOfNow("published_members");
    return members
      .filter(({ kind }) => dissolved.kinds.includes(String(kind)))
      .map((row) => dissolved.row({ ...(row as MemberRow), name: /[^:]*$/.exec(String(row.member))?.[0] ?? "" }));
  }
  const [settings] = relation === "platform" ? await rowsOf(db, SETTINGS) : [];
  const columns = Object.keys(releasedFacts().rows[relation]?.[0] ?? {});
  return (await rowsOfNow(relation)).map((row) => {
    const all: Row = { ...row, ...settings };
    return Object.fromEntries(columns.map((name) => [name, all[RENAMED[`${relation}.${name}`] ?? name]]));
  });
}
