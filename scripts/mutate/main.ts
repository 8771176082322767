import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { API, type Snapshot } from "typescript/unstable/sync";
import { NOTHING, RECORD } from "./active";
import { ask, type Untouched, type Verdict } from "./ask";
import { inDrawnOrder, mutate, type Place, placesOf } from "./draw";
import { EQUIVALENT } from "./equivalent";
import { mutationsOf } from "./mutations";
import { importersOf, testsOf } from "./reach";
import type { Reached } from "./record";
import { openTests } from "./run-tests";
import { tellEnd, tellFirst, tellShare } from "./share";
import { whyUnasked } from "./unasked";
import { weave } from "./weave";

/**
 * `npm run mutate -- --rooms lib/domain,lib/auth [--first PATH,PATH [--alone]] [--count 300] [--bound 60] [--again]`: small faults, drawn by hash over
 * the rooms and put one by one into a copy of the tree, whose tests should notice each. Test files that import the faulty
 * one are asked nearest first, a few tests of each that come by the fault and by little else, then the rest of them, until one
 * fails, or until they have taken what takes `--bound` seconds where nothing is wrong: then there was no time, which is no
 * verdict. Test files of `--first` are asked before all others and wholly, and what they notice alone is told apart, with what
 * they ask nothing about (`unasked.ts`) and without; with `--alone` nobody else is asked. A fault that the compiler refuses was not drawn; tests that do not end,
 * and do without it, noticed it. Results are kept in `.cache/mutants`, so that an interrupted run goes on; `--again` tries anew
 * what was not noticed. The last line is the share.
 */
type Result = Verdict & {
  id: string;
  file: string;
  line: number;
  kind: string;
  was: string;
  becomes: string;
  /** Those that were asked before all others. */
  first: string[];
};

const { values } = parseArgs({
  options: {
    rooms: { type: "string" },
    first: { type: "string", default: "" },
    alone: { type: "boolean", default: false },
    count: { type: "string", default: "300" },
    bound: { type: "string", default: "60" },
    again: { type: "boolean", default: false },
  },
});
const count = Number(values.count);
const boundMs = Number(values.bound) * 1000;
const rooms = (values.rooms ?? "").split(",").filter(Boolean);
const first = values.first.split(",").filter(Boolean);
if (rooms.length === 0 || !Number.isInteger(count) || count < 1 || !(boundMs > 0)) {
  process.stderr.write(
    "usage: npm run mutate -- --rooms PATH,PATH [--first PATH,PATH [--alone]] [--count N] [--bound SECONDS] [--again]\n",
  );
  process.exit(1);
}

const FOLDER = join(process.cwd(), ".cache", "mutants");
const TREE = join(FOLDER, "tree");
const RESULTS = join(FOLDER, "results.jsonl");
const UNTOUCHED_MAX_MS = 10 * 60_000;

let isStopped = false;
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    isStopped = true;
  });
}

/** The tree as it is now, without what git ignores. Answers with its files. */
function copyTree(): string[] {
  const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  const files = listed.split("\0").filter((file) => file !== "" && existsSync(file));
  rmSync(TREE, { recursive: true, force: true });
  for (const file of files) {
    mkdirSync(dirname(join(TREE, file)), { recursive: true });
    cpSync(file, join(TREE, file));
  }
  symlinkSync(join(process.cwd(), "node_modules"), join(TREE, "node_modules"));
  return files;
}

function readLines<T>(file: string): T[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as T);
}

const say = (text: string) => process.stdout.write(`${text}\n`);
const lineOf = ({ file, line, was, becomes }: Pick<Result, "file" | "line" | "was" | "becomes">) =>
  `${file}:${line}  ${oneLine(was)} → ${oneLine(becomes)}`;
const oneLine = (text: string) => {
  const flat = text.replace(/\s+/g, " ");
  return flat.length > 70 ? `${flat.slice(0, 70)}…` : flat;
};

const files = copyTree();
const texts = new Map(
  files.filter((file) => /\.tsx?$/.test(file)).map((file) => [file, readFileSync(join(TREE, file), "utf8")]),
);
const importers = importersOf(texts);
const readers = importersOf(texts, { types: true });
const isDrawn = (file: string) =>
  /\.tsx?$/.test(file) &&
  !/\.test\.tsx?$/.test(file) &&
  !file.includes("/testing/") &&
  rooms.some((room) => file === room || file.startsWith(`${room}/`));

/** What the compiler sees in place of a file. */
const overlay = new Map<string, string>();
const config = join(TREE, "tsconfig.json");
const compiler = new API({ cwd: TREE, fs: { readFile: (file) => overlay.get(file) } });
let snapshot: Snapshot | null = null;
const projectNow = (changed: string[]) => {
  const params = changed.length === 0 ? { openProjects: [config] } : { fileChanges: { changed } };
  const next = compiler.updateSnapshot(params);
  // The compiler keeps every snapshot whole until it is given up.
  snapshot?.dispose();
  snapshot = next;
  const project = next.getProject(config);
  if (project === undefined) throw new Error(`${config} opens no project`);
  return project;
};

/** Whether the compiler finds fault with the file, or with one that imports it. */
function isRefused(place: Place): boolean {
  const path = join(TREE, place.file);
  const original = texts.get(place.file) ?? "";
  overlay.set(path, mutate(original, place));
  const { program } = projectNow([path]);
  const isFaulty = [place.file, ...(readers.get(place.file) ?? [])].some((file) => {
    const at = join(TREE, file);
    return program.getSyntacticDiagnostics(at).length + program.getSemanticDiagnostics(at).length > 0;
  });
  overlay.set(path, original);
  projectNow([path]);
  return isFaulty;
}

/** The same of the whole program: types reach further than imports. Asked of survivors alone, since it takes seconds. */
function isRefusedAnywhere(place: Place): boolean {
  const path = join(TREE, place.file);
  const original = texts.get(place.file) ?? "";
  const countWith = (text: string) => {
    overlay.set(path, text);
    return projectNow([path]).program.getSemanticDiagnostics().length;
  };
  return countWith(mutate(original, place)) > countWith(original);
}

const { program } = projectNow([]);
const places: Place[] = [];
for (const [file, text] of texts) {
  const path = join(TREE, file);
  const source = isDrawn(file) ? program.getSourceFile(path) : undefined;
  if (source === undefined) continue;
  const own = placesOf(file, text, mutationsOf(source));
  places.push(...own);
  overlay.set(path, text);
  writeFileSync(path, weave(text, own, join(TREE, "scripts/mutate/active")));
}

const tests = openTests(TREE, FOLDER);

/** Kept as long as nothing of the tree changes. */
const UNTOUCHED = join(
  FOLDER,
  `untouched-${createHash("sha256")
    .update(JSON.stringify([...texts, ...rooms]))
    .digest("hex")
    .slice(0, 12)}.jsonl`,
);
const untouched = new Map(
  readLines<{ test: string; kept: Untouched }>(UNTOUCHED).map(({ test, kept }) => [test, kept]),
);

async function runUntouched(test: string): Promise<Untouched> {
  const known = untouched.get(test);
  if (known !== undefined) return known;
  const reached = join(FOLDER, "reached");
  rmSync(reached, { force: true });
  const { failed, ms } = await tests.run({ active: RECORD, test, testIds: null }, UNTOUCHED_MAX_MS);
  const all = readLines<Reached>(reached);
  const kept: Untouched = {
    fails: failed,
    ms,
    loading: [...new Set(all.flatMap(({ test: id, ids }) => (id === null ? ids : [])))],
    tests: all.flatMap(({ test: id, ids, ms: ownMs }) => (id === null ? [] : [{ id, ids, ms: ownMs }])),
  };
  say(`${test}: ${ms} ms${failed === null ? "" : `; left out, since it fails as it is: ${failed}`}`);
  untouched.set(test, kept);
  appendFileSync(UNTOUCHED, `${JSON.stringify({ test, kept })}\n`);
  return kept;
}

/** Those that are asked first and reach the file, then the others, nearest first. */
function askedOf(file: string): string[] {
  const all = testsOf(file, importers);
  const others = values.alone ? [] : all.filter((test) => !first.includes(test));
  return [...all.filter((test) => first.includes(test)), ...others];
}

async function tryPlace(place: Place): Promise<Result | null> {
  const { id, file, line, kind, was, text: becomes } = place;
  const verdict = await ask(
    id,
    askedOf(file),
    { first, boundMs, isStopped: () => isStopped },
    {
      run: (run, limitMs) => tests.run({ active: id, ...run }, limitMs),
      runUntouched: (run, limitMs) => tests.run({ active: NOTHING, ...run }, limitMs),
      know: runUntouched,
    },
  );
  return verdict === null ? null : { id, file, line, kind, was, becomes, first, ...verdict };
}

const isOfFirst = ({ noticedBy }: Result) => first.some((test) => noticedBy?.startsWith(`${test}: `));
/** What those that are to be asked first were asked, or noticed. */
const isComparable = (result: Result) => isOfFirst(result) || first.every((test) => result.first?.includes(test));
const known = new Map(
  readLines<Result>(RESULTS)
    .filter(isComparable)
    .map((result) => [result.id, result]),
);
const drawn: Result[] = [];
let refused = 0;
for (const place of inDrawnOrder(places)) {
  if (drawn.length >= count || isStopped) break;
  const before = known.get(place.id);
  if (before !== undefined && (before.noticedBy !== null || !values.again)) {
    drawn.push({ ...before, line: place.line });
    continue;
  }
  if (isRefused(place)) {
    refused += 1;
    continue;
  }
  const result = await tryPlace(place);
  if (result === null) break;
  if (result.noticedBy === null && isRefusedAnywhere(place)) {
    refused += 1;
    continue;
  }
  appendFileSync(RESULTS, `${JSON.stringify(result)}\n`);
  drawn.push(result);
  const { noticedBy, seconds } = result;
  const end = noticedBy === null ? tellEnd(result).toUpperCase() : `noticed by ${oneLine(noticedBy)}`;
  say(`${drawn.length} ${result.id} ${lineOf(result)}  ${end} (${seconds} s)`);
}
tests.close();
compiler.close();

const survivors = drawn.filter(({ noticedBy }) => noticedBy === null);
say("");
for (const survivor of survivors) {
  const why = EQUIVALENT[survivor.id] ?? (first.length > 0 ? whyUnasked(survivor) : undefined);
  say(`survived ${survivor.id}  ${lineOf(survivor)}  (${tellEnd(survivor)}${why === undefined ? "" : `: ${why}`})`);
}
say(`${places.length} places in ${rooms.join(", ")}; ${refused} of those drawn now are refused by the compiler`);
const judged = drawn.map((result) => ({ ...result, isEquivalent: EQUIVALENT[result.id] !== undefined }));
if (first.length > 0) {
  for (const result of drawn) {
    if (result.noticedBy === null || isOfFirst(result)) continue;
    const why = whyUnasked(result);
    say(
      `by other tests ${result.id}  ${lineOf(result)}  (${oneLine(result.noticedBy)}${why === undefined ? "" : `: ${why}`})`,
    );
  }
}
say(tellShare(judged));
if (first.length > 0) {
  const asked = judged.map((result) => ({
    ...result,
    isOfFirst: isOfFirst(result),
    isUnasked: whyUnasked(result) !== undefined,
  }));
  say(tellFirst(asked, first.join(", ")));
}
process.exit(isStopped ? 130 : 0);
