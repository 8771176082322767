import { basename, dirname } from "node:path";
import { codeOf, importsOf, projectPath } from "../house/read-imports";

/** The files of a tree that run when each file runs: imports of types alone are left out. */
export function importersOf(texts: ReadonlyMap<string, string>): ReadonlyMap<string, readonly string[]> {
  const importers = new Map<string, string[]>();
  for (const [file, text] of texts) {
    const running = codeOf(text).replace(/^import type [^;]*;$/gm, "");
    for (const specifier of importsOf(running)) {
      const path = projectPath(file, specifier);
      const target = path === null ? undefined : ["", ".ts", ".tsx", "/index.ts"].find((end) => texts.has(path + end));
      if (path === null || target === undefined) continue;
      importers.set(path + target, [...(importers.get(path + target) ?? []), file]);
    }
  }
  return importers;
}

const roomOf = (file: string) => file.split("/").slice(0, 2).join("/");

/**
 * The tests that reach a file, nearest first: the one of the same name, those of its folder, those of its room, then all
 * others; among these by how many imports lie between.
 */
export function testsOf(file: string, importers: ReadonlyMap<string, readonly string[]>): string[] {
  const distances = new Map([[file, 0]]);
  for (const [reached, distance] of distances) {
    for (const importer of importers.get(reached) ?? []) {
      if (!distances.has(importer)) distances.set(importer, distance + 1);
    }
  }
  const own = file.replace(/\.tsx?$/, "");
  const rank = (test: string) => {
    if (test.replace(/(\.property)?\.test\.tsx?$/, "") === own) return 0;
    if (dirname(test) === dirname(file)) return 1;
    return roomOf(test) === roomOf(file) ? 2 : 3;
  };
  return [...distances.keys()]
    .filter((reached) => /\.test\.tsx?$/.test(reached) && !basename(reached).includes(".folder."))
    .sort(
      (a, b) => rank(a) - rank(b) || (distances.get(a) ?? 0) - (distances.get(b) ?? 0) || (a < b ? -1 : a > b ? 1 : 0),
    );
}
