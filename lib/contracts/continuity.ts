import { z } from "zod";
import { HELD_NARROWING_KINDS, HELD_NARROWING_VERDICTS } from "@/lib/domain/lifecycles";
import { instantSchema, personRefSchema, positionSchema } from "./shared";

/** `GET continuity`: whether devices may hold documents that this store does not know of, and what they handed back. */
export const continuityViewSchema = z.object({
  /** No platform or program document is handed out until one more is published; a program's not before its own is signed again. */
  isBehind: z.boolean(),
  since: instantSchema.nullable(),
  /** What is wrong and what to do; null where nothing waits. */
  says: z.string().nullable(),
  remedy: z.string().nullable(),
  newest: positionSchema.nullable(),
  restoredAt: instantSchema.nullable(),
  backupAt: instantSchema.nullable(),
  revisionLift: z.number(),
  proven: positionSchema.nullable(),
  provenAt: instantSchema.nullable(),
  resumedAt: instantSchema.nullable(),
  /** Null also where it was resumed by the policy service itself. */
  resumedBy: personRefSchema.nullable(),
  /**
   * Signing went on after the restore before any device had handed a document back: what was suspended after the backup
   * may be forgotten.
   */
  isUnheard: z.boolean(),
  /** Devices that proved to hold a document that this store never signed, newest first; 200 at most. */
  devices: z.array(
    z.object({
      deviceId: z.string(),
      name: z.string().nullable(),
      position: positionSchema,
      receivedAt: instantSchema,
    }),
  ),
  deviceCount: z.number(),
  /** What those documents stop and this store did not, what nobody looked at first; 500 at most. */
  narrowings: z.array(
    z.object({
      kind: z.enum(HELD_NARROWING_KINDS),
      /** The app id, or the host. */
      subject: z.string(),
      /** Null for a host, and for a program that is not registered here. */
      programName: z.string().nullable(),
      position: positionSchema,
      learnedAt: instantSchema,
      verdict: z.enum(HELD_NARROWING_VERDICTS),
      decidedAt: instantSchema.nullable(),
      decidedBy: personRefSchema.nullable(),
    }),
  ),
  unknownNarrowings: z.number(),
});
export type ContinuityView = z.infer<typeof continuityViewSchema>;
