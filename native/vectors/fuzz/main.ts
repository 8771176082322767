import { randomBytes } from "node:crypto";
import { isDeepStrictEqual, parseArgs } from "node:util";
import { lineOf, readTopic, readVectorIndex } from "../vector-index";
import { type Answerer, core, ORACLE, startProgram } from "./answerers";
import { randomOf } from "./random";
import { shrink } from "./shrink";
import type { FuzzTopic, Members } from "./topic";
import { TOPICS } from "./topics";
import { forgetFiles } from "./topics/archives";

/**
 * `npm run fuzz -- [--seed TEXT] [--cases 2000] [--topic hosts,limits] [--against "COMMAND ARGS"]`: the core and a second
 * opinion, written from the specification's text alone, answer the vectors and then drawn cases; the same seed draws the
 * same cases. Where the two differ the case is shrunk and printed as a vector that lacks only its title. Exit code 0 only
 * if nothing differed.
 */
const { values } = parseArgs({
  options: {
    seed: { type: "string", default: randomBytes(4).toString("hex") },
    cases: { type: "string", default: "2000" },
    topic: { type: "string" },
    against: { type: "string", default: ORACLE.join(" ") },
  },
});
const cases = Number(values.cases);
const names = values.topic?.split(",") ?? TOPICS.map(({ name }) => name);
const topics = TOPICS.filter(({ name }) => names.includes(name));
if (!Number.isInteger(cases) || cases < 0 || topics.length !== names.length) {
  process.stderr.write(`usage: npm run fuzz -- [--seed TEXT] [--cases N] [--topic NAME,NAME] [--against "COMMAND"]\n`);
  process.stderr.write(`topics: ${TOPICS.map(({ name }) => name).join(", ")}\n`);
  process.exit(1);
}

/** Cases under way at once: enough that neither side waits for the other. */
const UNDER_WAY = 32;
/** Kinds of differences of one topic of which the first case is shrunk and printed; the others are counted. */
const PRINTED_MAX = 20;
const SHRINK_TRIES = 150;

/** An error's text is each runtime's own. */
function comparable(answer: Members): Members {
  return "error" in answer ? { id: answer.id, error: true } : answer;
}

const isSame = (one: Members, other: Members) => isDeepStrictEqual(comparable(one), comparable(other));

/** How many vectors were asked, and what was answered otherwise than they say. */
async function askVectors(opinion: Answerer): Promise<{ asked: number; differences: string[] }> {
  const differences: string[] = [];
  const ops = new Set(TOPICS.map(({ op }) => op));
  let asked = 0;
  for (const { file, op } of readVectorIndex().topics) {
    if (!ops.has(op)) {
      process.stdout.write(`not asked: ${file} (${op})\n`);
      continue;
    }
    const topic = readTopic(file);
    const answers = await Promise.all(topic.cases.map((vector) => opinion.answer(lineOf(topic, vector))));
    for (const [at, vector] of topic.cases.entries()) {
      const answer = answers[at] ?? {};
      asked += 1;
      if (isSame(answer, { id: vector.id, ...vector.expect })) continue;
      differences.push(`${vector.id}: ${JSON.stringify(answer)} in place of ${JSON.stringify(vector.expect)}`);
    }
  }
  return { asked, differences };
}

/** A case whose two answers differ. */
type Found = { id: string; recipe: Members; kind: string };

async function lineFor(topic: FuzzTopic, id: string, recipe: Members): Promise<Members> {
  return { id, op: topic.op, ...(await topic.line(recipe)) };
}

/** Both answers to a recipe, by the line that is made of it. */
async function ask(topic: FuzzTopic, id: string, recipe: Members, opinion: Answerer) {
  const line = await lineFor(topic, id, recipe);
  const [ours, other] = await Promise.all([core.answer(line), opinion.answer(line)]);
  return { line, ours, other };
}

/** What a difference is about: the two codes, or whatever stands in a code's place. */
function kindOf(ours: Members, other: Members): string {
  const [one, another] = [ours, other].map(({ id: _, ...answer }) => {
    if ("error" in answer) return "error";
    return JSON.stringify(answer.code ?? answer).replace(/\d+/g, "0");
  });
  return `${one} and ${another}`;
}

async function explain(topic: FuzzTopic, { id, recipe }: Found, opinion: Answerer): Promise<string> {
  const first = await ask(topic, id, recipe, opinion);
  const differsAlike = async (less: Members) => {
    const { ours, other } = await ask(topic, id, less, opinion);
    return !isSame(ours, other) && kindOf(ours, other) === kindOf(first.ours, first.other);
  };
  const least = await shrink(recipe, differsAlike, SHRINK_TRIES);
  const { line, ours, other } = await ask(topic, id, least, opinion);
  const { id: _, op: __, ...input } = line;
  const { id: ___, ...expect } = ours;
  const { id: ____, ...second } = other;
  return [
    `${topic.name} ${id}`,
    `  core    ${JSON.stringify(expect)}`,
    `  opinion ${JSON.stringify(second)}`,
    ...(isDeepStrictEqual(least, input) ? [] : [`  recipe  ${JSON.stringify(least)}`]),
    `  ${JSON.stringify({ id, title: "", flags: [], input, expect })}`,
  ].join("\n");
}

async function fuzzTopic(topic: FuzzTopic, count: number, opinion: Answerer): Promise<Found[]> {
  const found: Found[] = [];
  let at = 0;
  const worker = async () => {
    while (at < count) {
      const id = `${values.seed}/${topic.name}/${at}`;
      at += 1;
      const recipe = topic.draw(randomOf(id));
      const { ours, other } = await ask(topic, id, recipe, opinion);
      if (!isSame(ours, other)) found.push({ id, recipe, kind: kindOf(ours, other) });
    }
  };
  await Promise.all(Array.from({ length: UNDER_WAY }, worker));
  return found;
}

async function main(): Promise<number> {
  const opinion = startProgram((values.against ?? "").split(" "));
  const started = Date.now();
  process.stdout.write(`seed ${values.seed}\n`);
  const vectors = await askVectors(opinion);
  for (const text of vectors.differences) process.stdout.write(`${text}\n`);
  process.stdout.write(`${vectors.asked} vectors, ${vectors.differences.length} answered otherwise\n`);
  let differences = vectors.differences.length;
  let left = cases;
  for (const [index, topic] of topics.entries()) {
    const count = Math.floor(left / (topics.length - index));
    left -= count;
    const since = Date.now();
    const found = await fuzzTopic(topic, count, opinion);
    process.stdout.write(`${topic.name}: ${count} cases, ${found.length} differences, ${Date.now() - since} ms\n`);
    differences += found.length;
    const kinds = new Map(found.toReversed().map((one) => [one.kind, one]));
    for (const one of [...kinds.values()].slice(0, PRINTED_MAX)) {
      process.stdout.write(`${await explain(topic, one, opinion)}\n`);
    }
  }
  await opinion.end();
  forgetFiles();
  process.stdout.write(`${cases} cases, ${differences} differences, ${((Date.now() - started) / 1000).toFixed(1)} s\n`);
  return differences === 0 ? 0 : 1;
}

process.exitCode = await main();
