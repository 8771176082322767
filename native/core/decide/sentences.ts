import { z } from "zod";
import { URL_FAULTS } from "./read-url";
import { AFTER_CHECKS, type Sentences } from "./say-trace";
import { CHECK_NAMES, MISSES, type Step } from "./trace";

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
  after: z.record(
    z.enum(AFTER_CHECKS),
    z.strictObject({ passed: text, failed: text, not_reached: text } satisfies Record<Step["state"], unknown>),
  ),
  faults: z.record(z.enum(URL_FAULTS), text),
  nothing: text,
  notRecorded: text,
  refused: text,
  nearest: text,
  misses: z.record(z.enum(MISSES), text),
}) satisfies z.ZodType<Sentences>;

/** The sentences of a language, whole; raises a `ZodError` for data that lacks one or has one too many (spec 5.53). */
export function readSentences(data: unknown): Sentences {
  return sentencesShape.parse(data);
}
