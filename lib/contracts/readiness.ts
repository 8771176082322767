import { z } from "zod";
import { CHECK_NAMES, JOB_NAMES, QUEUE_NAMES, THREAD_NAMES } from "@/lib/domain/readiness-names";
import { instantSchema } from "./shared";

export const THREAD_STATES = ["starting", "running", "down"] as const;
export const CHECK_STATES = ["ok", "warn", "failed"] as const;
export type CheckState = (typeof CHECK_STATES)[number];

const plainCheckSchema = z.object({ name: z.enum(CHECK_NAMES), state: z.enum(CHECK_STATES) });

/** `GET /api/ready`: the worst state of all, and each by name. A process has the checks that concern what it does. */
export const plainReadinessSchema = z.object({ state: z.enum(CHECK_STATES), checks: z.array(plainCheckSchema) });
export type PlainReadiness = z.infer<typeof plainReadinessSchema>;

export const readinessCheckSchema = plainCheckSchema.extend({
  /** What was found, and what to do about it; null where nothing is to be done. */
  says: z.string(),
  remedy: z.string().nullable(),
  /** How long the check took. */
  ms: z.number(),
});
export type ReadinessCheck = z.infer<typeof readinessCheckSchema>;

const threadFiguresSchema = z.object({
  name: z.enum(THREAD_NAMES),
  state: z.enum(THREAD_STATES),
  /** How often it was started since the process was. */
  starts: z.number(),
  /** How late it came to its work in the last minute, at worst and of the slowest hundredth; null while it does not say. */
  lagP99Ms: z.number().nullable(),
  lagMaxMs: z.number().nullable(),
  /** How long ago it was last heard. */
  silentMs: z.number(),
});
export type ThreadFigures = z.infer<typeof threadFiguresSchema>;

const queueFiguresSchema = z.object({
  name: z.enum(QUEUE_NAMES),
  running: z.number(),
  runningMax: z.number(),
  waiting: z.number(),
  waitingMax: z.number(),
  /** Who was sent away in the last minute. */
  refusedLately: z.number(),
  /** The longest turn and the longest wait for one, since the start. */
  longestMs: z.number(),
  longestWaitMs: z.number(),
});
export type QueueFigures = z.infer<typeof queueFiguresSchema>;

const storeFiguresSchema = z.object({
  /** What waits for the database, most urgent first. */
  lanes: z.array(
    z.object({
      lane: z.string(),
      waiting: z.number(),
      oldestWaitingMs: z.number(),
      refused: z.number(),
      longestMs: z.number(),
    }),
  ),
  /** Kinds of statements and transactions, those that took longest first. */
  jobs: z.array(z.object({ kind: z.string(), turns: z.number(), longestMs: z.number() })),
  /** Transactions that were ended because they took too long while others waited. */
  takenBack: z.number(),
  /** How often the database was ended and opened again, because it did not answer or fell. */
  reopened: z.object({ times: z.number(), last: z.object({ at: instantSchema, why: z.string() }).nullable() }),
});

/** `GET /api/ready?verbose`, and what the console shows. */
export const readinessSchema = plainReadinessSchema.extend({
  at: instantSchema,
  /** What the store says of its work since the start; null while it does not answer, absent where nobody asks it. */
  store: storeFiguresSchema.nullable().optional(),
  checks: z.array(readinessCheckSchema),
  /** What the process does by itself: how long the last turn took and the longest, and since when one runs. */
  jobs: z.array(
    z.object({
      name: z.enum(JOB_NAMES),
      turns: z.number(),
      failures: z.number(),
      lastMs: z.number().nullable(),
      longestMs: z.number().nullable(),
      runningMs: z.number().nullable(),
    }),
  ),
  threads: z.array(threadFiguresSchema),
  queues: z.array(queueFiguresSchema),
});
export type Readiness = z.infer<typeof readinessSchema>;
