import { cpSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findMigrationsFolder } from "../migrate";

/** A folder of this program's migrations with one more behind them, as a later program has it. The caller removes it. */
export function migrationsAhead(name: string, statements: string): string {
  const folder = mkdtempSync(join(tmpdir(), "bulkhead-migrations-"));
  cpSync(findMigrationsFolder(), folder, { recursive: true });
  const file = join(folder, "meta", "_journal.json");
  const journal = JSON.parse(readFileSync(file, "utf8")) as { entries: { idx: number; when: number; tag: string }[] };
  const last = journal.entries.at(-1);
  if (last === undefined) throw new Error("a program has migrations");
  journal.entries.push({ ...last, idx: last.idx + 1, when: last.when + 1000, tag: name });
  writeFileSync(file, JSON.stringify(journal));
  writeFileSync(join(folder, `${name}.sql`), statements);
  return folder;
}
