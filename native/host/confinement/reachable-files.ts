import { chmodSync, copyFileSync, existsSync, mkdirSync, realpathSync, renameSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** Copies for the sandbox's user; made by root alone, in a folder that only root writes. */
const COPIES = "/var/cache/bulkhead/sandbox";

/** Whether everybody may walk down to this file and read it. */
function isOpenToAll(path: string): boolean {
  if ((statSync(path).mode & 0o004) === 0) return false;
  for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return false;
  }
  return true;
}

/** A word for what these files are now: another one once any of them was changed or replaced. */
export function stateOfFiles(paths: readonly string[]): string {
  const states = paths.map((path) => {
    const { dev, ino, size, mtimeMs } = statSync(path);
    return [dev, ino, size, Math.round(mtimeMs)].map((part) => part.toString(36)).join("-");
  });
  return states.join("_");
}

/**
 * Paths of the same files that a user without any right can open. A host that runs as root starts its sandboxes as
 * such a user, and its own files may lie where only root can walk, for example in root's home: those are copied once,
 * side by side and under their own names, to a folder of root's that all can read. Answers with the paths as they are
 * where nothing needs to be done or nothing can be; the probe of the confinement then tells what is missing.
 */
export function reachableFiles<Name extends string>(
  files: Readonly<Record<Name, string>>,
  copies: string = COPIES,
): Readonly<Record<Name, string>> {
  if (process.getuid?.() !== 0) return files;
  const names = Object.keys(files) as Name[];
  const sources = names.map((name) => realpathSync(files[name]));
  if (sources.every(isOpenToAll)) return files;
  // Another state of a file is another name: a copy is never changed, and never stale.
  const folder = join(copies, stateOfFiles(sources));
  try {
    for (const path of [dirname(copies), copies, folder]) {
      mkdirSync(path, { recursive: true, mode: 0o755 });
      chmodSync(path, 0o755);
    }
    for (const source of sources) copyWhole(source, join(folder, basename(source)));
  } catch (error) {
    if (error instanceof Error && "code" in error) return files;
    throw error;
  }
  const reached = names.map((name, index) => [name, join(folder, basename(sources[index] ?? files[name]))] as const);
  // Safe: one entry a name, made of the names themselves.
  return Object.fromEntries(reached) as Record<Name, string>;
}

/** Whole or not at all: another host may be starting. */
function copyWhole(source: string, target: string): void {
  if (existsSync(target)) return;
  const temporary = `${target}.${process.pid}.tmp`;
  copyFileSync(source, temporary);
  chmodSync(temporary, 0o755);
  renameSync(temporary, target);
}
