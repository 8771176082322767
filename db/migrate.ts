import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { invariant } from "@/lib/platform/errors";

/**
 * The folder of SQL migrations, looked for upwards from this file, so that it is also found from a bundle in `dist/`.
 * Raises `internal` when the program was installed without it.
 */
export function findMigrationsFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const candidate = join(folder, "db", "migrations");
    if (existsSync(join(candidate, "meta", "_journal.json"))) return candidate;
    const parent = dirname(folder);
    invariant(parent !== folder, "db/migrations was not found above the program");
    folder = parent;
  }
}

/** SHA-256 of every migration, in order: names a schema. */
export function migrationsSha256(folder: string): string {
  const hash = createHash("sha256");
  for (const name of readdirSync(folder).sort()) {
    if (name.endsWith(".sql")) hash.update(`${name}\n`).update(readFileSync(join(folder, name)));
  }
  return hash.digest("hex");
}
