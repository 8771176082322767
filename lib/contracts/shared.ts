import { z } from "zod";
import { TIME_RANGES } from "@/lib/domain/time-ranges";
import { isPlainText } from "@/native/core/text/plain-text";

/** An instant as it crosses the wire: ISO 8601 with milliseconds, UTC. */
export const instantSchema = z.iso.datetime();
export const appIdSchema = z
  .string()
  .max(128)
  .regex(/^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)+$/);
/** A denial's id as a device made it: telemetry takes these, so whatever is addressed or proposed by one takes no less. */
export const denialIdSchema = z.string().min(16).max(64);
/** A name that people read: nothing in it acts instead of being shown. */
export const nameSchema = z.string().trim().min(1).max(100).refine(isPlainText, "has characters that are not shown");

/** Lines that somebody wrote become one line. */
const reasonText = z
  .string()
  .transform((text) => text.replace(/[\t\r\n]+/g, " ").trim())
  .refine(isPlainText, "has characters that are not shown");
export const reasonSchema = reasonText.pipe(z.string().min(3).max(1000));
/** Where the deed speaks for itself. */
export const optionalReasonSchema = reasonText.pipe(z.string().max(1000)).default("");

export const timeRangeSchema = z.enum(TIME_RANGES);

/** The next page of a list as the page before it named it; no other text is one. */
export const cursorSchema = z.string().min(1).max(1024).optional();
/** A search of people's: matched anywhere, in either case. */
export const searchSchema = z.string().max(200).optional();

/**
 * Until when figures of telemetry are whole, where more waits than a read can add up; null: they are whole. What is told
 * later is lost nowhere, and counted when it was taken in.
 */
export const behindSchema = instantSchema.nullable();

export const personRefSchema = z.object({ id: z.string(), name: z.string() });

/** Where a document stands: epoch and revision, shown and compared as a pair (contract §4). */
export const positionSchema = z.object({ epoch: z.number(), revision: z.number() });

/** Which devices enforce a revision (asked of the platform document, contract §4). */
export const spreadSchema = z.object({
  position: positionSchema,
  reached: z.number(),
  total: z.number(),
  /** Devices seen in the last 24 h that are not on it yet, longest unseen first, 50 at most. */
  behind: z.array(
    z.object({
      deviceId: z.string(),
      name: z.string(),
      position: positionSchema.nullable(),
      lastSeenAt: instantSchema.nullable(),
    }),
  ),
  /**
   * How long the newest decision up to there took from its signing until devices applied it for the first time, as it was counted
   * then: whatever they apply later changes nothing of it. Null where none did, or nobody counted.
   */
  applied: z
    .object({
      position: positionSchema,
      devices: z.number(),
      /** Within which half of them did, and 95 of 100; the last of them. */
      halfMs: z.number(),
      mostMs: z.number(),
      lastMs: z.number(),
    })
    .nullable(),
});
export type Spread = z.infer<typeof spreadSchema>;
