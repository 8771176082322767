import { z } from "zod";
import {
  API_CODES,
  BUNDLE_CODES,
  DECISION_LAYERS,
  DOCUMENT_CODES,
  EGRESS_CODES,
  EVENT_TYPES,
  HOST_CODES,
  HOST_PURPOSES,
  LIMIT_NAMES,
  type LimitName,
} from "../codes";
import { runtimeIdentityShape } from "../wire/runtime-identity";
import { OTHER } from "./other";

/**
 * The telemetry batch (spec §7), read by the policy service and written by every runtime. Times are whole seconds;
 * hosts only, never paths. Unknown members are dropped, so that a newer runtime can say more.
 */

/**
 * How much one batch may hold; a runtime makes several where it has more. `hosts`, `denials` and `apis` are of one entry, of those that
 * nothing names; each list has room for `named` more that a rule, a grant, a block or the catalogue names (spec 7.5).
 */
export const BATCH_BOUNDS = {
  bytes: 1024 * 1024,
  programs: 64,
  minutes: 240,
  events: 500,
  hosts: 50,
  denials: 50,
  apis: 100,
  named: 1000,
  discarded: 32,
} as const;

/** How many rejected entries an answer names; the rest it counts. */
export const REJECTED_NAMED_MAX = 100;

const count = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
const seconds = z.int().min(1).max(Number.MAX_SAFE_INTEGER);
const appId = z.string().min(1).max(128);
const host = z.string().min(1).max(253);
const port = z.int().min(0).max(65_535);
const purpose = z.enum(HOST_PURPOSES);
const layer = z.enum(DECISION_LAYERS);
/** A place in a document: a JSON Pointer, the tokens of which are printable and without blanks (spec §5). */
const rule = z
  .string()
  .max(512)
  .regex(/^(?:\/[\x21-\x2e\x30-\x7e]*)*$/)
  .nullable();
const decisionCode = z.enum([...new Set([...API_CODES, ...HOST_CODES, ...EGRESS_CODES])]);
/** What an event may answer with: a decision, or the verdict on a document or a bundle. */
const eventCode = z.enum([...new Set([...decisionCode.options, ...DOCUMENT_CODES, ...BUNDLE_CODES])]);

/** One distinct cause within a minute. The rest, `~other`, carries the count alone. */
export const denialCountShape = z.union([
  z.object({
    cause: z.string().regex(/^[0-9a-f]{16}$/),
    code: decisionCode,
    layer,
    rule,
    api: z.string().min(1).max(128).optional(),
    host: host.optional(),
    port: port.optional(),
    purpose: purpose.optional(),
    count,
  }),
  z.object({ cause: z.literal(OTHER), count }),
]);
export type DenialCount = z.infer<typeof denialCountShape>;

/** One host within a minute. The rest is `~other`, port 0. */
export const hostCountShape = z.object({ host, port, purpose, allowed: count, blocked: count });
export type HostCount = z.infer<typeof hostCountShape>;

/** Calls of one API within a minute. The rest is under `~other`. */
export const apiCountShape = z.object({ allowed: count, denied: count });
export type ApiCount = z.infer<typeof apiCountShape>;

/** What one limit did within a minute: calls refused, time held back, entries of the cache that left it. */
const limitCountShape = z.object({
  refused: count.exactOptional(),
  throttledMs: count.exactOptional(),
  evicted: count.exactOptional(),
});
export const LIMIT_COUNTERS = [
  "refused",
  "throttledMs",
  "evicted",
] as const satisfies (keyof typeof limitCountShape.shape)[];
const limitCountMembers = LIMIT_NAMES.map((name) => [name, limitCountShape.exactOptional()] as const);

/**
 * What one program did within one minute since this device's last batch; `at` is the minute's first second. What a
 * runtime does not measure of the optional members it leaves out, and nobody estimates it.
 */
export const minuteEntryShape = z.object({
  at: seconds.refine((value) => value % 60 === 0, "the first second of a minute"),
  cpuMs: count,
  memoryBytesMax: count,
  requests: count,
  blocked: count,
  bytesIn: count,
  bytesOut: count,
  inFlightMax: count,
  apis: z
    .record(z.string().min(1).max(128), apiCountShape)
    .refine((apis) => Object.keys(apis).length <= BATCH_BOUNDS.apis + BATCH_BOUNDS.named, "too many"),
  hosts: z.array(hostCountShape).max(BATCH_BOUNDS.hosts + BATCH_BOUNDS.named),
  throttledMs: count,
  crashes: count,
  denials: z.array(denialCountShape).max(BATCH_BOUNDS.denials + BATCH_BOUNDS.named),
  requestsPerSecondMax: count.exactOptional(),
  bridgeCalls: count.exactOptional(),
  bridgeCallsPerSecondMax: count.exactOptional(),
  storageBytesMax: count.exactOptional(),
  cacheBytesMax: count.exactOptional(),
  /** By the limit's name; a limit that is absent here did nothing. Never sampled. */
  limits: z
    .object(Object.fromEntries(limitCountMembers) as Record<LimitName, (typeof limitCountMembers)[number][1]>)
    .exactOptional(),
  /** What was in force as the minute ended; zero where there was none. */
  applied: z.object({ epoch: count, platform: count, program: count }).exactOptional(),
});
export type MinuteEntry = z.infer<typeof minuteEntryShape>;

/** One event. Those that tell of a denial carry what every denial carries (spec §5). */
export const telemetryEventShape = z.object({
  eventId: z.string().min(8).max(64),
  at: seconds,
  type: z.enum(EVENT_TYPES),
  appId: appId.optional(),
  versionCode: count.optional(),
  denialId: z.string().min(16).max(64).optional(),
  code: eventCode.optional(),
  layer: layer.optional(),
  rule: rule.optional(),
  epoch: count.optional(),
  platformRevision: count.optional(),
  programRevision: count.optional(),
  api: z.string().min(1).max(128).optional(),
  host: host.optional(),
  port: port.optional(),
  purpose: purpose.optional(),
  detail: z
    .record(z.string().min(1).max(64), z.union([z.string().max(512), z.number(), z.boolean()]))
    .refine((detail) => Object.keys(detail).length <= 16, "too many")
    .optional(),
});
export type TelemetryEvent = z.infer<typeof telemetryEventShape>;

export const discardedShape = z.object({ reason: z.string().min(1).max(64), count });

export const telemetryBatchShape = z.object({
  batchId: z.string().min(16).max(64),
  /** Rises by one with each batch of a device; a gap says that a batch was discarded. */
  sequence: z.int().min(1).max(Number.MAX_SAFE_INTEGER),
  sentAt: seconds,
  runtime: runtimeIdentityShape,
  /** What is in force on the device; zero where there is none. */
  applied: z.object({ epoch: count, keyset: count, platform: count, programs: z.record(appId, count) }),
  programs: z
    .array(
      z.object({
        appId,
        versionCode: count,
        minutes: z.array(minuteEntryShape).max(BATCH_BOUNDS.minutes),
      }),
    )
    .max(BATCH_BOUNDS.programs),
  events: z.array(telemetryEventShape).max(BATCH_BOUNDS.events),
  discarded: z.array(discardedShape).max(BATCH_BOUNDS.discarded),
});
export type TelemetryBatch = z.infer<typeof telemetryBatchShape>;

/** The id by which an answer names one minute entry. */
export function minuteEntryId(program: string, versionCode: number, at: number): string {
  return `${program}/${versionCode}/${at}`;
}

/** The answer: `accepted` counts entries, `rejected` names the first of the others; none is to be sent again. */
export const telemetryAnswerShape = z.object({
  accepted: count,
  rejected: z.array(z.object({ id: z.string().min(1).max(256), code: z.string().min(1).max(64) })).max(100_000),
  /** Rejected too, beyond those that are named. */
  rejectedMore: z.int().min(1).max(Number.MAX_SAFE_INTEGER).optional(),
  nextIntervalSeconds: z.int().min(1).max(86_400),
  /** Of a hundred events of one cause within a minute, after the first, how many are sent singly. */
  sampling: z.int().min(0).max(100),
  /** `platform`: the device applied a document that the server does not have, and is to hand it back (spec 7.9). */
  wanted: z.array(z.string().min(1).max(32)).max(8).optional(),
});
export type TelemetryAnswer = z.infer<typeof telemetryAnswerShape>;
