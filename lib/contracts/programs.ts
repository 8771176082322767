import { z } from "zod";
import { VERSION_STATES } from "@/lib/domain/lifecycles";
import { CHART_COUNTS, CHARTED } from "@/lib/domain/measures/charted";
import { PROGRAM_SORTS, PROGRAM_STATUSES } from "@/lib/domain/program-lists";
import {
  DECISION_LAYERS,
  DENIAL_CODES,
  EVENT_TYPES,
  HOST_PURPOSES,
  LIMIT_ACTIONS,
  LIMIT_NAMES,
  RUNTIME_KINDS,
  SENSITIVITIES,
} from "@/native/core/codes";
import { readHostPattern } from "@/native/core/decide/host-name";
import { MISSES, traceValueShape } from "@/native/core/decide/trace";
import { labelsSchema } from "./devices";
import {
  appIdSchema,
  behindSchema,
  cursorSchema,
  instantSchema,
  nameSchema,
  personRefSchema,
  positionSchema,
  searchSchema,
  timeRangeSchema,
} from "./shared";

export const programStatusSchema = z.enum(PROGRAM_STATUSES);

export const programRowSchema = z.object({
  appId: z.string(),
  name: z.string(),
  publisher: z.object({ id: z.string(), name: z.string() }),
  status: programStatusSchema,
  /** Active here, and stopped on devices all the same: a document that they handed back says so, and nobody has looked. */
  isHeld: z.boolean(),
  liveVersion: z.object({ code: z.number(), name: z.string() }).nullable(),
  waitingVersion: z.object({ code: z.number(), name: z.string() }).nullable(),
  position: positionSchema.nullable(),
  devices24h: z.number(),
  requests24h: z.number(),
  blocked24h: z.number(),
  /** One value a day, oldest first. */
  blocked14d: z.array(z.number()),
});
export type ProgramRow = z.infer<typeof programRowSchema>;

/** By name, as without one, or those of the most first. */
export const programListQuerySchema = z.object({
  q: searchSchema,
  status: programStatusSchema.optional(),
  sort: z.enum(PROGRAM_SORTS).optional(),
  cursor: cursorSchema,
});
export type ProgramListQuery = z.infer<typeof programListQuerySchema>;
export const programListSchema = z.object({
  items: z.array(programRowSchema),
  nextCursor: z.string().nullable(),
  /** All that match, and how many of these are live, have a version that waits, are suspended. */
  total: z.number(),
  counts: z.object({ live: z.number(), waiting: z.number(), suspended: z.number() }),
});
export type ProgramList = z.infer<typeof programListSchema>;

export const registerProgramInputSchema = z.object({
  appId: appIdSchema,
  name: nameSchema,
  publisherId: z.string(),
});

export const programDetailSchema = programRowSchema.extend({
  createdAt: instantSchema,
  documentIssuedAt: instantSchema.nullable(),
  documentExpiresAt: instantSchema.nullable(),
  platformPosition: positionSchema.nullable(),
  /** Counts for the tabs. */
  denialCauses24h: z.number(),
});
export type ProgramDetail = z.infer<typeof programDetailSchema>;

export const versionViewSchema = z.object({
  code: z.number(),
  name: z.string(),
  state: z.enum(VERSION_STATES),
  engine: z.enum(["web", "script"]),
  sha256: z.string(),
  sizeBytes: z.number(),
  kid: z.string(),
  keyStatus: z.enum(["active", "revoked", "unknown"]),
  /** Whose key signed it and when it was made; null of one that nobody knows. */
  keyOf: z.object({ publisherId: z.string(), publisherName: z.string(), madeAt: instantSchema }).nullable(),
  /**
   * Verified once, over the bytes that were handed in; afterwards the file is held against its digest. `bytes_removed`:
   * refused or taken back, and its bytes are gone.
   */
  signature: z.enum(["valid", "invalid", "bytes_missing", "bytes_removed"]),
  /** When that was; null where nobody knows. */
  verifiedAt: instantSchema.nullable(),
  /** When the file was last held against its digest; null where it was not yet. */
  checkedAt: instantSchema.nullable(),
  /** Files in the bundle, and their bytes unpacked; null where it was verified before this was kept. */
  entries: z.number().nullable(),
  unpackedBytes: z.number().nullable(),
  declares: z.array(z.object({ capability: z.string(), sensitivity: z.enum(SENSITIVITIES), reason: z.string() })),
  wishes: z.object({
    hosts: z.array(
      z.object({
        host: z.string(),
        ports: z.array(z.number()),
        purposes: z.array(z.enum(HOST_PURPOSES)),
        reason: z.string(),
      }),
    ),
    limits: z.record(z.string(), z.number()),
  }),
  submissionId: z.string(),
  submittedAt: instantSchema,
  listedAt: instantSchema.nullable(),
  comment: z.string().nullable(),
  /** Of one that waits: why the actor may not list it; null where they may, and where nothing waits. */
  blockedBy: z.string().nullable(),
  /** The same of refusing it. */
  refusalBlockedBy: z.string().nullable(),
  devices24h: z.number(),
});
export type VersionView = z.infer<typeof versionViewSchema>;
export const versionListSchema = z.object({ items: z.array(versionViewSchema) });

const cellSchema = z.object({
  state: z.enum(["yes", "no", "ask", "none", "until"]),
  text: z.string(),
  decides: z.boolean(),
});
export const accessRowSchema = z.object({
  key: z.string(),
  kind: z.enum(["capability", "host"]),
  /** Capability name, or host pattern. */
  name: z.string(),
  detail: z.string(),
  sensitivity: z.enum(SENSITIVITIES).nullable(),
  declared: cellSchema,
  granted: cellSchema,
  consent: cellSchema,
  platform: cellSchema,
  until: cellSchema,
  lastUsedAt: instantSchema.nullable(),
  result: z.object({
    decision: z.enum(["allow", "deny", "ask"]),
    code: z.string(),
    layer: z.enum(DECISION_LAYERS),
    rule: z.string().nullable(),
    /** Of its APIs, ports, purposes or the fleet's runtimes some are answered otherwise: this is the strictest answer. */
    isPartly: z.boolean(),
  }),
  /** The member to edit; null where only a new one could be added. */
  member: z.string().nullable(),
  value: z.unknown(),
  /** The value that the publisher asks for, as the start of a proposal. */
  wish: z.unknown(),
  reason: z.string().nullable(),
});
export type AccessRow = z.infer<typeof accessRowSchema>;
export const accessTableSchema = z.object({
  versionCode: z.number().nullable(),
  versions: z.array(z.object({ code: z.number(), name: z.string(), state: z.enum(VERSION_STATES) })),
  position: positionSchema.nullable(),
  platformPosition: positionSchema.nullable(),
  rows: z.array(accessRowSchema),
});
export type AccessTable = z.infer<typeof accessTableSchema>;

export const limitRowSchema = z.object({
  name: z.enum(LIMIT_NAMES),
  /** What counts: the program's own, else the platform's. */
  effective: z.object({ warn: z.number(), max: z.number(), action: z.enum(LIMIT_ACTIONS) }).nullable(),
  source: z.enum(["program", "platform", "none"]),
  member: z.string(),
  value: z.unknown(),
  platformValue: z.unknown(),
  requested: z.number().nullable(),
  /** Of device-minutes in the range; null without telemetry. */
  observed: z.object({ p50: z.number(), p95: z.number(), max: z.number() }).nullable(),
  /** Devices on which it refused or held something back; an estimate above 160. */
  heldBackDevices: z.number(),
  /** Of the devices that told of the program, these; null where none told. */
  heldBackDeviceShare: z.number().nullable(),
  /** Calls that it refused, milliseconds that it held back, entries that it evicted; null where it did nothing. */
  heldBack: z
    .strictObject({
      ...{ refused: z.number(), throttledMs: z.number(), evicted: z.number(), sinceVersion: z.number() },
      ...{ firstAt: instantSchema, lastAt: instantSchema },
    })
    .nullable(),
});
export type LimitRow = z.infer<typeof limitRowSchema>;
export const limitTableSchema = z.object({
  /** That told of the program in the range. */
  devices: z.number(),
  rows: z.array(limitRowSchema),
  behind: behindSchema,
});
export type LimitTable = z.infer<typeof limitTableSchema>;

export const rangeQuerySchema = z.object({
  range: timeRangeSchema.default("24h"),
  version: z.coerce.number().int().optional(),
});

/** Whose telemetry is asked for: of a version, of one kind of runtime, of devices with these labels. */
export const telemetryQuerySchema = rangeQuerySchema.extend({
  runtime: z.enum(RUNTIME_KINDS).optional(),
  ...labelsSchema.shape,
});

export type ChartFilter = z.output<typeof telemetryQuerySchema>;

/** One value a point, oldest first; null is a gap: no device reported, or none measured it. */
const valuesSchema = z.array(z.number().nullable());
/** Of device-minutes, within 1/32. */
const shareSeriesSchema = z.object({ p50: valuesSchema, p95: valuesSchema, max: valuesSchema });
const limitLineSchema = z.object({ warn: z.number(), max: z.number() });
export const chartMarkSchema = z.object({
  at: instantSchema,
  kind: z.enum(["publish", "version", "suspension", "lift"]),
  title: z.string(),
  changeSetId: z.string().nullable(),
});
export const telemetrySeriesSchema = z.object({
  range: timeRangeSchema,
  bucketSeconds: z.number(),
  /** Begin of each point's bucket, oldest first. */
  times: z.array(instantSchema),
  /** Devices that told of it, a point. */
  devices: z.array(z.number()),
  measures: z.record(z.enum(CHARTED), shareSeriesSchema),
  /** Of all devices together. */
  counts: z.record(z.enum(CHART_COUNTS), valuesSchema),
  marks: z.array(chartMarkSchema),
  /** As in force; without one there is no line. */
  limits: z.partialRecord(z.enum(LIMIT_NAMES), limitLineSchema),
  totals: z.object({
    devices: z.number(),
    requests: z.number(),
    blocked: z.number(),
    crashes: z.number(),
    lost: z.number(),
    /** Of versions that were never listed; nothing else is kept of them. */
    unlistedMinutes: z.number(),
  }),
  newestAt: instantSchema.nullable(),
  behind: behindSchema,
});
export type TelemetrySeries = z.infer<typeof telemetrySeriesSchema>;

/** Which causes of a program's denials are asked for. */
export const causeFilterSchema = z.object({
  code: z.enum(DENIAL_CODES).optional(),
  host: z
    .string()
    .max(255)
    .refine((text) => readHostPattern(text) !== undefined)
    .optional(),
  purpose: z.enum(HOST_PURPOSES).optional(),
});
export type CauseFilter = z.infer<typeof causeFilterSchema>;
const decisionSchema = z.object({
  document: z.enum(["platform", "program"]),
  position: positionSchema,
  at: instantSchema,
  changeSetId: z.string().nullable(),
  changeSetNumber: z.number().nullable(),
});
const mendedShape = {
  /** Null: what is in force lets it through, and which decision after the refusal did it is not known. */
  since: decisionSchema.nullable(),
  /** False: what was in force before it was not looked at. */
  isFirst: z.boolean(),
  /** Calls of that version to that target that went through, of devices that enforce it, in minutes that began after it. */
  through: z.number(),
  /** Some may stand under `~other`: it is the least that went through. */
  isAtLeast: z.boolean(),
};
const mendedCauseSchema = z.object(mendedShape);
export type MendedCause = z.infer<typeof mendedCauseSchema>;
const acknowledgedSchema = z.object({
  by: personRefSchema,
  at: instantSchema,
  reason: z.string(),
  /** It was seen since for a purpose or in a kind of runtime for which it was not seen then. */
  isOpenAgain: z.boolean(),
  newPurposes: z.array(z.string()),
  newRuntimes: z.array(z.string()),
});
export type Acknowledged = z.infer<typeof acknowledgedSchema>;

/** One cause: what is refused, how often, on how many devices. */
export const denialCauseSchema = z.object({
  cause: z.string(),
  code: z.string(),
  layer: z.string(),
  rule: z.string().nullable(),
  target: z.string(),
  purpose: z.string().nullable(),
  sinceVersion: z.number().nullable(),
  firstAt: instantSchema,
  lastAt: instantSchema,
  times: z.number(),
  devices: z.number(),
  trend: z.array(z.number()),
  newestDenialId: z.string().nullable(),
  /** For every purpose for which it was seen; null while one of them is refused, or no revision mends it. */
  mended: mendedCauseSchema.nullable(),
  acknowledged: acknowledgedSchema.nullable(),
});
export type DenialCause = z.infer<typeof denialCauseSchema>;

/** One recorded denial. */
export const denialRowSchema = z.object({
  denialId: z.string(),
  at: instantSchema,
  appId: z.string(),
  programName: z.string(),
  versionCode: z.number().nullable(),
  type: z.enum(EVENT_TYPES),
  code: z.string(),
  layer: z.string(),
  rule: z.string().nullable(),
  target: z.string(),
  purpose: z.string().nullable(),
  deviceId: z.string(),
  deviceName: z.string(),
  programPosition: positionSchema.nullable(),
  platformPosition: positionSchema.nullable(),
});
export type DenialRow = z.infer<typeof denialRowSchema>;
export const denialListSchema = z.object({
  /** The whole hour from which causes are counted and records listed. */
  since: instantSchema,
  /**
   * Of one program, the most frequent first, 100 at most, and last, under `~other`, those that are counted together; and how
   * many are told apart, and how often all of them came.
   */
  causes: z.array(denialCauseSchema),
  causeTotal: z.number(),
  timesTotal: z.number(),
  behind: behindSchema,
  items: z.array(denialRowSchema),
  nextCursor: z.string().nullable(),
});
export type DenialList = z.infer<typeof denialListSchema>;

/** One step of the ladder of checks, in the order in which a runtime decides (contract §5). */
export const ladderStepSchema = z.object({
  check: z.string(),
  code: z.string(),
  layer: z.enum(DECISION_LAYERS),
  /** `unknown`: it may have been made or not. */
  state: z.enum(["passed", "failed", "not_reached", "unknown"]),
  /** What it saw, and what would pass; null where that is not known or it was not reached. Pages say it in words. */
  saw: z.object({ at: z.string().nullable(), seen: traceValueShape, wanted: traceValueShape }).nullable(),
  /** False: it depends on what no record holds (arguments, the person's answer, gesture, counters). */
  isRecorded: z.boolean(),
});
const markSchema = z.object({
  kind: z.enum(["publish", "version", "suspension", "lift"]),
  at: instantSchema,
  /** Of a publish, which may have suspended the program or lifted that. */
  position: positionSchema.nullable(),
  changeSetId: z.string().nullable(),
  changeSetNumber: z.number().nullable(),
  /** Of a version that went live. */
  versionCode: z.number().nullable(),
});
export const denialDetailSchema = denialRowSchema.extend({
  ladder: z.array(ladderStepSchema),
  /** What came nearest to allowing it. */
  nearest: z.object({ at: z.string().nullable(), name: z.string(), misses: z.array(z.enum(MISSES)) }).nullable(),
  /** The rule text in the revision that decided, with who published it and who approved it. */
  decidedBy: z
    .object({
      pointer: z.string(),
      value: z.unknown(),
      /** Of a host by no rule: whether any decision ever listed it. Null elsewhere. */
      wasEverListed: z.boolean().nullable(),
      changeSetId: z.string().nullable(),
      changeSetNumber: z.number().nullable(),
      author: z.string().nullable(),
      approver: z.string().nullable(),
      /** What the proposer wrote. */
      reason: z.string().nullable(),
      at: instantSchema.nullable(),
    })
    .nullable(),
  /** In all that is kept, of this cause. */
  times: z.number(),
  devices: z.number(),
  /** What stood beside the first refusal; null where the record tells too little. */
  changed: z
    .object({
      firstAt: instantSchema.nullable(),
      versionListedAt: instantSchema.nullable(),
      /** Of the revisions up to the refusal's: one ended it, none that was looked at ever let it through, or that is not known. */
      before: z.enum(["ended", "never", "unknown"]),
      /** The revision that ended what the one before it let through. */
      endedBy: decisionSchema.nullable(),
      /** Others that were live then, those refused the same first, then the newest, five at most, with how often they were. */
      otherVersions: z.array(z.object({ versionCode: z.number(), times: z.number() })),
      /** The whole hour with which `hours` begins; each is how often, the last is under way. */
      since: instantSchema,
      hours: z.array(z.number()),
      marks: z.array(markSchema),
    })
    .nullable(),
  who: z.object({
    versions: z.array(z.object({ versionCode: z.number(), times: z.number(), devices: z.number() })),
    /** Single records that are kept, 10,000 at most, and of how many devices: sampling may have left some out. */
    records: z.number(),
    isMore: z.boolean(),
    recordDevices: z.number(),
    /** As those devices are today. */
    runtimes: z.array(z.object({ kind: z.string(), version: z.string(), records: z.number() })),
    devices: z.array(z.object({ deviceId: z.string(), name: z.string(), records: z.number() })),
  }),
  /** Whether what is in force lets it through; `beyond`: of a kind that no revision mends. Null where too little is told. */
  effect: z
    .discriminatedUnion("state", [
      z.object({
        state: z.literal("allowed"),
        ...mendedShape,
        /** Other purposes for which the same cause was seen and is refused still. */
        stillRefused: z.array(z.string()),
      }),
      z.object({ state: z.enum(["refused", "beyond"]) }),
    ])
    .nullable(),
  /** Of its cause; null where nobody did. */
  acknowledged: acknowledgedSchema.nullable(),
  similar: z.array(denialRowSchema),
  /** A change that would allow it, as the start of a proposal; null where none exists. */
  proposal: z.object({ member: z.string(), after: z.unknown(), title: z.string() }).nullable(),
});
export type DenialDetail = z.infer<typeof denialDetailSchema>;
