import { z } from "zod";
import { instantSchema, personRefSchema } from "./shared";

/** `GET clock`: whether the clock of the machine that answers is believed. */
export const clockViewSchema = z.object({
  /** What the clock says. */
  now: instantSchema,
  machine: z.string(),
  /** The run of its kernel. */
  bootId: z.string(),
  /** A jump awaits a confirmation: what allows more and what is only signed again waits. */
  isWaiting: z.boolean(),
  /** What is wrong and what to do; null where nothing waits. */
  says: z.string().nullable(),
  remedy: z.string().nullable(),
  /** The clock is behind the newest document; nothing waits for that. */
  warning: z.string().nullable(),
  confirmedAt: instantSchema.nullable(),
  confirmedBy: personRefSchema.nullable(),
  /** Every machine of this store whose jump awaits a confirmation; below zero it jumped back. */
  awaiting: z.array(
    z.object({ machine: z.string(), bootId: z.string(), jumpSeconds: z.number(), since: instantSchema.nullable() }),
  ),
});
export type ClockView = z.infer<typeof clockViewSchema>;

/** `POST clock/confirm`: which run of which machine, as `awaiting` names it. */
export const confirmClockInputSchema = z.object({ bootId: z.string().min(1).max(128) });
