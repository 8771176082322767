import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { projectRoot } from "../project-root";

/** The threads of a server process, and the sources of their entries, which `scripts/build-server.ts` puts beside the server. */
export const THREAD_SOURCES = {
  "console-thread": "lib/server/console-thread.ts",
  "ingest-thread": "lib/server/threads/ingest-thread.ts",
} as const;
export type ThreadScript = { script: string | URL; isText: boolean };

/** A thread's script: the file that was built beside this one, or its source by way of tsx, as tests and tools run it. */
export function threadScript(name: keyof typeof THREAD_SOURCES): ThreadScript {
  const built = new URL(`./${name}.mjs`, import.meta.url);
  if (existsSync(built)) return { script: built, isText: false };
  const source = JSON.stringify(pathToFileURL(join(projectRoot(), THREAD_SOURCES[name])).href);
  const text = `import("tsx/esm/api").then(({ register }) => { register(); return import(${source}); })`;
  return { script: text, isText: true };
}
