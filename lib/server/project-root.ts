import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { invariant } from "@/lib/platform/errors";

/** The project's folder, looked for upwards from this file, so that it is also found from a bundle in `dist/`. */
export function projectRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json"))) {
    invariant(dirname(folder) !== folder, "the server lies outside its project");
    folder = dirname(folder);
  }
  return folder;
}

/** The product's version, as `GET /api/health` and the pages show it. */
export function readVersion(): string {
  const manifest: { version?: unknown } = JSON.parse(readFileSync(join(projectRoot(), "package.json"), "utf8"));
  return String(manifest.version);
}
