import { z } from "zod";
import { instantSchema } from "./shared";

/** What an answer is about, in the order in which they are shown. */
export const ANSWER_KINDS = [
  "denial",
  "cause",
  "host-tried",
  "host-rule",
  "host-blocked",
  "host-unknown",
  "capability",
  "change-set",
  "key",
  "program",
  "person",
  "publisher",
  "device",
] as const;

/** One thing that answers what was typed, and where it is read. */
export const searchAnswerSchema = z.object({
  kind: z.enum(ANSWER_KINDS),
  id: z.string(),
  /** A program, person, rule or number, as people call it. */
  name: z.string(),
  /** What is true of it, in words of ours. */
  detail: z.string(),
  /** Since when; of a try the first that is counted. */
  since: instantSchema.nullable(),
  href: z.string(),
});
export type SearchAnswer = z.infer<typeof searchAnswerSchema>;

export const searchInputSchema = z.object({ q: z.string().trim().min(1).max(253) });
export const searchResultSchema = z.object({
  answers: z.array(searchAnswerSchema).max(60),
  /** Some kind has more than are answered, or may have: of a host more programs than are probed. */
  isMore: z.boolean(),
});
export type SearchResult = z.infer<typeof searchResultSchema>;
