import { z } from "zod";
import { instantSchema } from "./shared";

/**
 * What a process asks itself, each by a try of its own, in the order in which it is shown. `stopsNarrowing`: while the
 * check fails nobody can suspend, narrow or block.
 */
export const CHECKS = {
  store_read: { title: "Store can be read", stopsNarrowing: true },
  store_write: { title: "Store can be written", stopsNarrowing: true },
  disk: { title: "Disk has room", stopsNarrowing: true },
  signature: { title: "Trial signature", stopsNarrowing: true },
  audit_write: { title: "Audit log goes on", stopsNarrowing: true },
  keyset: { title: "Keys fit the keyset", stopsNarrowing: false },
  audit: { title: "Audit log is what was signed", stopsNarrowing: false },
  documents: { title: "Documents verify", stopsNarrowing: false },
  clock: { title: "Clock", stopsNarrowing: false },
  continuity: { title: "Documents are handed out", stopsNarrowing: false },
  bundles: { title: "Bundles have their files", stopsNarrowing: false },
  client_addresses: { title: "Clients are told apart", stopsNarrowing: false },
  announcements: { title: "Announcements are heard", stopsNarrowing: false },
  console_thread: { title: "Console runs", stopsNarrowing: true },
  ingest_thread: { title: "Telemetry is taken in", stopsNarrowing: false },
  lag: { title: "Threads come to their work", stopsNarrowing: false },
  admission: { title: "Nobody is sent away", stopsNarrowing: false },
} as const satisfies Record<string, { title: string; stopsNarrowing: boolean }>;
export type CheckName = keyof typeof CHECKS;
export const CHECK_NAMES = Object.keys(CHECKS) as [CheckName, ...CheckName[]];

/** What a process does by itself, as people call it. */
export const JOBS = {
  keyset_inbox: "Take keysets in",
  clock: "Measure the clock",
  audit_heads: "Sign the log's end",
  resign: "Renew documents",
  bundle_files: "Look after bundles' files",
  journal: "Begin a long journal again",
  fold: "Add minutes up to hours",
  judge_causes: "See what decisions mended",
  past_days: "Drop days of telemetry that are over",
  figures: "Read the figures",
  forget: "Forget what ended",
} as const;
export type JobName = keyof typeof JOBS;
const JOB_NAMES = Object.keys(JOBS) as [JobName, ...JobName[]];

/** What a process runs beside each other, as people call it. */
export const THREADS = {
  main: "Answers devices",
  console: "Console",
  ingest: "Takes telemetry in",
} as const;
export type ThreadName = keyof typeof THREADS;
const THREAD_NAMES = Object.keys(THREADS) as [ThreadName, ...ThreadName[]];
export const THREAD_STATES = ["starting", "running", "down"] as const;

/** What waits for its turn, and for what. */
export const QUEUES = {
  decisions: "Decisions",
  "decision-bodies": "Bodies of decisions",
  bodies: "Bodies of strangers",
  "known-bodies": "Bodies of people who are signed in",
  "sign-in": "Sign-in and forms",
  pages: "Pages and lists",
  assets: "Files of pages",
  "console-streams": "Browsers' streams",
  "device-streams": "Devices' streams",
  telemetry: "Telemetry",
  submissions: "Submissions",
} as const;
export type QueueName = keyof typeof QUEUES;
const QUEUE_NAMES = Object.keys(QUEUES) as [QueueName, ...QueueName[]];

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
