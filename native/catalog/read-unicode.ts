import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Makes `name-folding.json` and `format-characters.json` anew from the text files of one version of the Unicode Character
 * Database: `tsx read-unicode.ts FOLDER`. Ranges and mappings are written as code points in lower-case hex.
 */
function main(folder: string | undefined): void {
  if (folder === undefined) {
    process.stderr.write("usage: read-unicode.ts FOLDER\n");
    process.exitCode = 1;
    return;
  }
  const text = (name: string) => readFileSync(join(folder, name), "utf8");
  const [, version] = /^# CaseFolding-(\d+\.\d+\.\d+)\.txt/.exec(text("CaseFolding.txt")) ?? [];
  if (version === undefined) throw new Error("CaseFolding.txt names no version");
  const origin = {
    source: `https://www.unicode.org/Public/${version}/ucd/`,
    licence: "Unicode-DFS-2016",
    unicode: version,
  };
  const characters = readCharacters(text("UnicodeData.txt"));
  const singles = readDecompositions(characters);
  const excluded = new Set(rowsOf(text("CompositionExclusions.txt")).map(([point = ""]) => Number.parseInt(point, 16)));
  write("name-folding.json", {
    ...origin,
    assigned: rangesOf(characters.filter(({ category }) => category !== "Cs")),
    combiningClasses: classesOf(characters),
    decompositions: [...singles.keys()].map((point) => mapping(point, decompose(point, singles))).join(" "),
    compositions: compositionsOf(characters, singles, excluded),
    foldings: foldingsOf(text("CaseFolding.txt")),
  });
  write("format-characters.json", {
    ...origin,
    format: rangesOf(characters.filter(({ category }) => category === "Cf")),
  });
}

type Character = { first: number; last: number; category: string; combiningClass: number; decomposition: string };

const hex = (point: number) => point.toString(16);
const mapping = (point: number, to: readonly number[]) => `${hex(point)}=${to.map(hex).join("+")}`;

function rowsOf(text: string): string[][] {
  return text
    .split("\n")
    .map((line) => (line.split("#")[0] ?? "").trim())
    .filter((line) => line !== "")
    .map((line) => line.split(";").map((field) => field.trim()));
}

/** A pair of lines named `<…, First>` and `<…, Last>` stands for all that lie between them. */
function readCharacters(text: string): Character[] {
  const characters: Character[] = [];
  for (const [point = "", name = "", category = "", combiningClass, , decomposition = ""] of rowsOf(text)) {
    const value = Number.parseInt(point, 16);
    const before = characters.at(-1);
    if (name.endsWith(", Last>") && before !== undefined) before.last = value;
    else {
      characters.push({ first: value, last: value, category, combiningClass: Number(combiningClass), decomposition });
    }
  }
  return characters;
}

const range = ({ first, last }: { first: number; last: number }) =>
  first === last ? hex(first) : `${hex(first)}-${hex(last)}`;

function rangesOf(characters: readonly Character[]): string {
  const runs: { first: number; last: number }[] = [];
  for (const { first, last } of characters) {
    const run = runs.at(-1);
    if (run !== undefined && run.last === first - 1) run.last = last;
    else runs.push({ first, last });
  }
  return runs.map(range).join(" ");
}

function classesOf(characters: readonly Character[]): string {
  const runs: { first: number; last: number; value: number }[] = [];
  for (const { first, last, combiningClass: value } of characters) {
    if (value === 0) continue;
    const run = runs.at(-1);
    if (run !== undefined && run.last === first - 1 && run.value === value) run.last = last;
    else runs.push({ first, last, value });
  }
  return runs.map((run) => `${range(run)}=${run.value}`).join(" ");
}

/** Canonical ones, one step each; those of Hangul syllables are reckoned (The Unicode Standard, section 3.12). */
function readDecompositions(characters: readonly Character[]): Map<number, number[]> {
  const canonical = characters.filter(({ decomposition }) => /^[0-9A-F]/.test(decomposition));
  return new Map(
    canonical.map(({ first, decomposition }) => [
      first,
      decomposition.split(" ").map((point) => Number.parseInt(point, 16)),
    ]),
  );
}

function decompose(point: number, singles: ReadonlyMap<number, number[]>): number[] {
  return singles.get(point)?.flatMap((part) => decompose(part, singles)) ?? [point];
}

/** Primary composites: pairs that begin with a starter, apart from those that stay apart. */
function compositionsOf(
  characters: readonly Character[],
  singles: ReadonlyMap<number, number[]>,
  excluded: ReadonlySet<number>,
): string {
  const classOf = new Map(characters.map(({ first, combiningClass }) => [first, combiningClass]));
  return [...singles]
    .filter(([point, [first = 0, ...more]]) => {
      const isStarter = classOf.get(point) === 0 && classOf.get(first) === 0;
      return more.length === 1 && isStarter && !excluded.has(point);
    })
    .map(([point, pair]) => `${pair.map(hex).join("+")}=${hex(point)}`)
    .join(" ");
}

/** Full case folding: the statuses C and F, in no language's own way. */
function foldingsOf(text: string): string {
  return rowsOf(text)
    .filter(([, status]) => status === "C" || status === "F")
    .map(([point = "", , to = ""]) =>
      mapping(
        Number.parseInt(point, 16),
        to.split(" ").map((part) => Number.parseInt(part, 16)),
      ),
    )
    .join(" ");
}

function write(name: string, table: object): void {
  writeFileSync(fileURLToPath(new URL(name, import.meta.url)), `${JSON.stringify(table, null, 1)}\n`);
}

main(process.argv[2]);
