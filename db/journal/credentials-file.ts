import { createHash } from "node:crypto";
import { join } from "node:path";
import { z } from "zod";
import type { JournalFs } from "./journal-fs";
import { TABLES } from "./journaled-tables";
import type { VoidableRows } from "./replay-journal";

/** Tables of which the journal keeps only what counts no more: their rows lie in the one file. */
export const VOIDABLE_TABLES = [...TABLES.values()].flatMap(({ relation, keys, treatment }) =>
  treatment.keep === "voids" ? [{ relation, keys, stamp: treatment.stamp }] : [],
);

const rowsSchema = z.record(z.string(), z.array(z.record(z.string(), z.unknown())));

/**
 * Password hashes and links to an identity provider beside the journal: the newest alone, in one file that is replaced
 * as a whole. What the journal says of them rules: a hash that is older than its void does not come back from here.
 */
export type CredentialsFile = {
  /** Null where there is none, and where what is there is not whole. */
  read(): Promise<VoidableRows | null>;
  /** On the disk when this resolves. Raises what the file system raised; then the old file or the new one is there. */
  replace(rows: VoidableRows): Promise<void>;
};

export const CREDENTIALS_FILE = "credentials.json";

/** One caller at a time. */
export function createCredentialsFile(fs: JournalFs, dataDir: string): CredentialsFile {
  const path = join(dataDir, CREDENTIALS_FILE);
  const aside = `${CREDENTIALS_FILE}.new`;
  let written: string | null = null;

  return {
    async read() {
      if (!(await fs.list(dataDir)).includes(CREDENTIALS_FILE)) return null;
      const text = Buffer.from(await fs.read(path)).toString("utf8");
      const [digest, line = ""] = text.split("\n");
      if (digest !== digestOf(line)) return null;
      written = text;
      return rowsSchema.parse(JSON.parse(line));
    },
    async replace(rows) {
      const line = JSON.stringify(rows);
      const text = `${digestOf(line)}\n${line}\n`;
      if (text === written) return;
      written = null;
      if ((await fs.list(dataDir)).includes(aside)) await fs.remove(join(dataDir, aside));
      const file = await fs.create(join(dataDir, aside));
      try {
        await file.write(Buffer.from(text));
        await file.sync();
      } finally {
        await file.close();
      }
      await fs.rename(join(dataDir, aside), path);
      await fs.syncFolder(dataDir);
      written = text;
    },
  };
}

const digestOf = (line: string) => createHash("sha256").update(line).digest("hex");

/** Those tables' rows as they stand, through a statement runner of PGlite's or a transaction's. */
export async function standingRows(
  run: (statement: string) => Promise<Record<string, unknown>[]>,
): Promise<VoidableRows> {
  const rows: Record<string, Record<string, unknown>[]> = {};
  for (const { relation, keys } of VOIDABLE_TABLES) {
    const order = keys.map((name) => `"${name}"`).join(", ");
    const found = await run(`select to_jsonb(t) as row from "${relation}" t order by ${order}`);
    // Safe: `to_jsonb` of a row is an object.
    rows[relation] = found.map(({ row }) => row as Record<string, unknown>);
  }
  return rows;
}

/** Of two sets of rows the newer one a key. Where both are of one instant, the first's. */
export function newestRows(first: VoidableRows, second: VoidableRows): VoidableRows {
  const merged: Record<string, Record<string, unknown>[]> = {};
  for (const { relation, keys, stamp } of VOIDABLE_TABLES) {
    const byKey = new Map<string, Record<string, unknown>>();
    for (const row of [...(first[relation] ?? []), ...(second[relation] ?? [])]) {
      const key = JSON.stringify(keys.map((name) => row[name]));
      const known = byKey.get(key);
      if (known === undefined || instantOf(row[stamp]) > instantOf(known[stamp])) byKey.set(key, row);
    }
    merged[relation] = [...byKey.values()];
  }
  return merged;
}

const instantOf = (value: unknown) => Date.parse(String(value));
