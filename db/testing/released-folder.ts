import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { brotliDecompressSync } from "node:zlib";

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

/** Rows as they are now (as `dumpTable` writes them), with the columns that the released version knew, under its names. */
export function asReleased(relation: string, dumped: readonly string[]): Row[] {
  const columns = Object.keys(releasedFacts().rows[relation]?.[0] ?? {});
  return dumped.map((text) => {
    const row = JSON.parse(text) as Row;
    return Object.fromEntries(columns.map((name) => [name, row[RENAMED[`${relation}.${name}`] ?? name]]));
  });
}
