import english from "../../catalog/sentences.en.json" with { type: "json" };
import { EGRESS_CODES } from "../codes";
import { showActing } from "../text/plain-text";
import type { UrlFault } from "./read-url";
import type { CheckName, Miss, Nearest, Step, TraceValue } from "./trace";

type CheckSentences = { passed: string; passedUnlimited?: string; failed: string; failedUnlimited?: string };

/** What a trace says in one language (spec 5.53). `sentences.ts` reads one from data. */
export type Sentences = {
  language: string;
  checks: Record<CheckName, CheckSentences>;
  after: Record<AfterCheck, Record<Step["state"], string>>;
  faults: Record<UrlFault, string>;
  nothing: string;
  notRecorded: string;
  refused: string;
  nearest: string;
  misses: Record<Miss, string>;
};

/** What is looked at once a call is allowed: limits, then the connection, each by its code. */
export const AFTER_CHECKS = ["LIMITS", ...EGRESS_CODES] as const;
export type AfterCheck = (typeof AFTER_CHECKS)[number];

export const ENGLISH: Sentences = english;

/** Says a time of whole seconds. */
export type SayTime = (seconds: number) => string;

/** What a check saw, in words; null where it was not reached. */
export function sayStep(step: Step, sentences: Sentences = ENGLISH, say: SayTime = sayTime): string | null {
  if (step.state === "not_reached") return null;
  const said = sentences.checks[step.check];
  const unlimited = step.state === "passed" ? said.passedUnlimited : said.failedUnlimited;
  const template = step.wanted === null && unlimited !== undefined ? unlimited : said[step.state];
  return template.replace(/\{(at|seen|wanted)(?::(time|fault))?\}/g, (_, member: "at" | "seen" | "wanted", form) =>
    sayValue(step[member], form, sentences, say),
  );
}

/** What came nearest, in words. */
export function sayNearest({ name, misses }: Nearest, sentences: Sentences = ENGLISH): string {
  const said = misses.map((miss) => sentences.misses[miss]).join(", ");
  return sentences.nearest.replace(/\{(name|misses)\}/g, (_, member) => (member === "name" ? name : said));
}

function sayValue(value: TraceValue, form: string | undefined, { faults, nothing }: Sentences, say: SayTime): string {
  if (value === null || value === "") return nothing;
  if (form === "time" && typeof value === "number") return say(value);
  if (form === "fault") return faults[value as keyof typeof faults];
  // Text of strangers: what would act on a reader's line or terminal is shown as what it is.
  return showActing(Array.isArray(value) ? `[${value.join(", ")}]` : String(value));
}

/** UTC, in ISO 8601; the number where no calendar has it. */
function sayTime(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString();
}
