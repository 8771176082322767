import { basename, dirname } from "node:path";
import { codeOf, importsOf, isTest, projectPath } from "../house/read-imports";

type Graph = ReadonlyMap<string, readonly string[]>;

/** An import by an expression, which says of what folder: `import(/* of lib/services *\/ file)`. */
const OF_FOLDER = /\bimport\((?:\s*\/\*[^*]*\*\/)*?\s*\/\* of ([\w./-]+) \*\//g;

/** By file: those that import it, and so run it; with `types` also those that import types of it alone. */
export function importersOf(texts: ReadonlyMap<string, string>, { types = false } = {}): Graph {
  const importers = new Map<string, string[]>();
  for (const [file, text] of texts) {
    const code = types ? codeOf(text) : codeOf(text).replace(/^import type [^;]*;$/gm, "");
    for (const specifier of importsOf(code)) {
      const path = projectPath(file, specifier);
      const target = path === null ? undefined : ["", ".ts", ".tsx", "/index.ts"].find((end) => texts.has(path + end));
      if (path === null || target === undefined) continue;
      importers.set(path + target, [...(importers.get(path + target) ?? []), file]);
    }
    for (const [, folder] of text.matchAll(OF_FOLDER)) {
      for (const other of texts.keys()) {
        if (other.startsWith(`${folder}/`) && !isTest(other))
          importers.set(other, [...(importers.get(other) ?? []), file]);
      }
    }
  }
  return importers;
}

const roomOf = (file: string) => file.split("/").slice(0, 2).join("/");

/** All that a file leads to, with how many steps lie between. */
function distancesFrom(file: string, graph: Graph): Map<string, number> {
  const distances = new Map([[file, 0]]);
  for (const [reached, distance] of distances) {
    for (const next of graph.get(reached) ?? []) if (!distances.has(next)) distances.set(next, distance + 1);
  }
  return distances;
}

/** How many files run with each file. */
function countReached(importers: Graph): (file: string) => number {
  const imported = new Map<string, string[]>();
  for (const [file, by] of importers) {
    for (const importer of by) imported.set(importer, [...(imported.get(importer) ?? []), file]);
  }
  const known = new Map<string, number>();
  return (file) => {
    const count = known.get(file) ?? distancesFrom(file, imported).size;
    known.set(file, count);
    return count;
  };
}

/**
 * The tests that reach a file, nearest first: the one of the same name, those of its folder, those of its room, then all
 * others; among these the ones that reach little else.
 */
export function testsOf(file: string, importers: Graph): string[] {
  const countOf = countReached(importers);
  const distances = distancesFrom(file, importers);
  const own = file.replace(/\.tsx?$/, "");
  const rank = (test: string) => {
    if (test.replace(/(\.property)?\.test\.tsx?$/, "") === own) return 0;
    if (dirname(test) === dirname(file)) return 1;
    return roomOf(test) === roomOf(file) ? 2 : 3;
  };
  return [...distances.keys()]
    .filter((reached) => /\.test\.tsx?$/.test(reached) && !basename(reached).includes(".folder."))
    .sort((a, b) => rank(a) - rank(b) || countOf(a) - countOf(b) || (a < b ? -1 : a > b ? 1 : 0));
}
