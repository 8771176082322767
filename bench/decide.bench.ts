import { compilePolicy } from "@/native/core/decide/compile-policy";
import { decideApi } from "@/native/core/decide/decide-api";
import { decideHost } from "@/native/core/decide/decide-host";
import type { BenchResult } from "./bench-report";
import { createCasbin } from "./decide/ask-casbin";
import { createCedar } from "./decide/ask-cedar";
import { makeLargeProgram, makeQuestions, NOW, PLATFORM, PROGRAM, type Question, RUNTIME } from "./decide/questions";

const QUESTIONS = 10_000;
const ROUNDS = 5;
/** How often ours goes through the questions in one round, so that its share is long enough to be timed. */
const OUR_PASSES = 10;
const TARGET_RATIO = 10;
/** The longest program document (spec §4), and how soon after it is verified a call must have its answer. */
const LARGE_BYTES = 256 * 1024;
const FIRST_MS_MAX = 10;

type Ask = (question: Question) => boolean;
type Contender = { name: string; ask: Ask; passes: number; perQuestionUs: number[] };

/**
 * How soon the longest document answers its first question; then host and API decisions a second from raw URL strings, under one program's policy of 20 host rules and 12 grants,
 * compiled once, beside two general engines that are asked the same questions in the same run. Their answers must agree
 * question by question, or nothing is compared.
 */
export async function run(): Promise<BenchResult> {
  const firstMs = median(Array.from({ length: ROUNDS }, timeFirstDecision));
  const questions = makeQuestions(QUESTIONS);
  const contenders: Contender[] = [
    { name: "bulkhead", ask: createOurs(), passes: OUR_PASSES, perQuestionUs: [] },
    { name: "cedar-wasm (stateful)", ask: createCedar(), passes: 1, perQuestionUs: [] },
    { name: "casbin (sync)", ask: await createCasbin(), passes: 1, perQuestionUs: [] },
  ];
  const allowed = requireAgreement(questions, contenders);

  // Interleaved, so that whatever else the machine does falls on all of them.
  for (let round = 0; round < ROUNDS; round++) {
    for (const contender of contenders) contender.perQuestionUs.push(timeRound(questions, contender, allowed));
  }
  const medians = contenders.map(({ perQuestionUs }) => median(perQuestionUs));
  const [ours = Number.POSITIVE_INFINITY, ...others] = medians;
  const ratio = Math.min(...others) / ours;
  return {
    bench: "decide",
    unit: "decisions/s",
    results: [
      ...contenders.map(({ name }, index) => {
        const us = medians[index] ?? Number.NaN;
        return {
          engine: name,
          "decisions/s": Math.round(1e6 / us),
          "µs each": Math.round(us * 1000) / 1000,
          "× ours": Math.round((us / ours) * 10) / 10,
          allowed,
          questions: QUESTIONS,
        };
      }),
      { engine: "bulkhead, first after 256 KiB", "CPU ms": Math.round(firstMs * 100) / 100 },
    ],
    target: `at least ${TARGET_RATIO} times the faster of the two others (${ratio.toFixed(1)} times), and a first answer within ${FIRST_MS_MAX} ms`,
    ok: ratio >= TARGET_RATIO && firstMs <= FIRST_MS_MAX,
  };
}

function createOurs(): Ask {
  const policy = compilePolicy(PROGRAM, PLATFORM);
  return (question) => {
    if (question.kind === "host") return decideHost(policy, question).decision === "allow";
    const { versionCode, now, api, params, consent, context } = question;
    return (
      decideApi(policy, { versionCode, now, api, params, consent, context, runtime: RUNTIME }).decision === "allow"
    );
  };
}

/** From the claims of a document that was never asked to the answer of a call, in ms of processor time. */
function timeFirstDecision(): number {
  const program = makeLargeProgram(LARGE_BYTES);
  const question = { versionCode: 12, now: NOW, api: "network.request", params: { url: "https://api.shop.test/" } };
  const startedAt = process.cpuUsage();
  const { code } = decideApi(compilePolicy(program, PLATFORM), { ...question, runtime: RUNTIME });
  const { user, system } = process.cpuUsage(startedAt);
  if (code !== "ALLOWED") throw new Error(`the first question was answered by ${code}`);
  return (user + system) / 1000;
}

/** Asks every question of everyone once, which warms them up too; answers how many are allowed. */
function requireAgreement(questions: readonly Question[], contenders: readonly Contender[]): number {
  let allowed = 0;
  for (const question of questions) {
    const answers = contenders.map(({ ask }) => ask(question));
    if (new Set(answers).size !== 1) {
      const said = contenders.map(({ name }, index) => `${name}: ${answers[index]}`).join(", ");
      throw new Error(`the engines disagree on ${JSON.stringify(question)}: ${said}`);
    }
    if (answers[0] === true) allowed++;
  }
  return allowed;
}

function timeRound(questions: readonly Question[], { ask, passes }: Contender, expected: number): number {
  const startedAt = performance.now();
  let allowed = 0;
  for (let pass = 0; pass < passes; pass++) {
    for (const question of questions) if (ask(question)) allowed++;
  }
  const tookMs = performance.now() - startedAt;
  if (allowed !== expected * passes) throw new Error("an engine changed its answers");
  return (tookMs * 1000) / (questions.length * passes);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
