import { z } from "zod";
import { LIMIT_NAMES } from "@/native/core/codes";
import { changeSetViewSchema } from "./change-sets";
import { instantSchema, positionSchema, spreadSchema } from "./shared";

/** What may wait for somebody, the most urgent first. */
export const WAITING_KINDS = [
  "set-up",
  "log",
  "denial",
  "limit",
  "suspension",
  "change-set",
  "submission",
  "ending",
  "sign-in",
] as const;

export const waitingItemSchema = z.object({
  kind: z.enum(WAITING_KINDS),
  id: z.string(),
  href: z.string(),
  title: z.string(),
  detail: z.string(),
  /** Null where nothing that is kept says when it began. */
  since: instantSchema.nullable(),
  action: z.string(),
  /** When what waits is over: an undo, or what ends by itself. Null: it waits for as long as it is there. */
  until: instantSchema.nullable(),
  /** The limit that is reached, and its maximum where one is in force. */
  limit: z.object({ name: z.enum(LIMIT_NAMES), max: z.number().nullable() }).nullable(),
});

export const overviewSchema = z.object({
  now: instantSchema,
  waiting: z.array(waitingItemSchema),
  /** More waits than stands here; it comes up as these are decided. */
  isMoreWaiting: z.boolean(),
  loop: z.object({
    platformPosition: positionSchema.nullable(),
    platformIssuedAt: instantSchema.nullable(),
    platformExpiresAt: instantSchema.nullable(),
    spread: spreadSchema.nullable(),
    devices: z.object({ total: z.number(), seen24h: z.number(), stale: z.number(), degraded: z.number() }),
    newestTelemetryAt: instantSchema.nullable(),
    discardedSamples: z.number(),
    audit: z.object({ entries: z.number(), isWhole: z.boolean(), checkedAt: instantSchema }),
  }),
  /** Decisions of the last 24 h, newest first, with how many devices they reached. */
  recent: z.array(changeSetViewSchema.extend({ reached: z.number().nullable(), total: z.number().nullable() })),
  setUp: z.object({ isComplete: z.boolean(), approvers: z.number(), approversNeeded: z.number() }),
});
export type Overview = z.infer<typeof overviewSchema>;
