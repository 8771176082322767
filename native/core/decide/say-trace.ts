import { z } from "zod";
import english from "../../catalog/sentences.en.json" with { type: "json" };
import { URL_FAULTS } from "./read-url";
import { CHECK_NAMES, MISSES, type Nearest, type Step, type TraceValue } from "./trace";

const text = z.string().min(1);
/** `…Unlimited` is said in its place where nothing was wanted. */
const sentencesShape = z.strictObject({
  language: text,
  checks: z.record(
    z.enum(CHECK_NAMES),
    z.strictObject({
      passed: text,
      passedUnlimited: text.exactOptional(),
      failed: text,
      failedUnlimited: text.exactOptional(),
    }),
  ),
  faults: z.record(z.enum(URL_FAULTS), text),
  nothing: text,
  nearest: text,
  misses: z.record(z.enum(MISSES), text),
});
/** What a trace says in one language (spec 5.53). */
export type Sentences = z.infer<typeof sentencesShape>;

export function readSentences(data: unknown): Sentences {
  return sentencesShape.parse(data);
}

export const ENGLISH = readSentences(english);

/** What a check saw, in words; null where it was not reached. */
export function sayStep(step: Step, sentences: Sentences = ENGLISH): string | null {
  if (step.state === "not_reached") return null;
  const said = sentences.checks[step.check];
  const unlimited = step.state === "passed" ? said.passedUnlimited : said.failedUnlimited;
  const template = step.wanted === null && unlimited !== undefined ? unlimited : said[step.state];
  return template.replace(/\{(seen|wanted)(?::(time|fault))?\}/g, (_, member: "seen" | "wanted", form) =>
    sayValue(step[member], form, sentences),
  );
}

/** What came nearest, in words. */
export function sayNearest({ name, misses }: Nearest, sentences: Sentences = ENGLISH): string {
  const said = misses.map((miss) => sentences.misses[miss]).join(", ");
  return sentences.nearest.replace(/\{(name|misses)\}/g, (_, member) => (member === "name" ? name : said));
}

function sayValue(value: TraceValue, form: string | undefined, { faults, nothing }: Sentences): string {
  if (value === null || value === "") return nothing;
  if (form === "time" && typeof value === "number") return sayTime(value);
  if (form === "fault") return faults[value as keyof typeof faults];
  return Array.isArray(value) ? `[${value.join(", ")}]` : String(value);
}

/** UTC, in ISO 8601; the number where no calendar has it. */
function sayTime(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString();
}
