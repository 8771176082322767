import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  index,
  integer,
  jsonb,
  json as jsonText,
  pgTable,
  primaryKey,
  smallint,
  text,
  unique,
} from "drizzle-orm/pg-core";
import type { MinuteEntry, TelemetryAnswer } from "@/native/core/telemetry/batch";
import { bytes, compactWhole, instant, minutesOfDay, whole } from "./columns";

/**
 * What devices told of minutes and is not folded: each increment as it was told, held within the plausible, and never written
 * again (spec 7.5). Whatever stands here is in no other table of measures, and leaves in the transaction that puts it there.
 */
export const telemetryMinutes = pgTable(
  "telemetry_minutes",
  {
    id: bigint("id", { mode: "number" }).notNull().generatedByDefaultAsIdentity(),
    deviceId: text("device_id").notNull(),
    appId: text("app_id").notNull(),
    versionCode: whole("version_code").notNull(),
    at: instant("at").notNull(),
    cpuMs: whole("cpu_ms").notNull(),
    memoryBytesMax: whole("memory_bytes_max").notNull(),
    requests: whole("requests").notNull(),
    blocked: whole("blocked").notNull(),
    bytesIn: whole("bytes_in").notNull(),
    bytesOut: whole("bytes_out").notNull(),
    inFlightMax: whole("in_flight_max").notNull(),
    throttledMs: whole("throttled_ms").notNull(),
    crashes: whole("crashes").notNull(),
    // Kept as the text that they are: nothing in the database looks into them.
    apis: jsonText("apis").$type<Record<string, { allowed: number; denied: number }>>().notNull(),
    hosts: jsonText("hosts")
      .$type<{ host: string; port: number; purpose: string; allowed: number; blocked: number }[]>()
      .notNull(),
    denials: jsonText("denials").$type<Record<string, unknown>[]>().notNull(),
    // Null where it was not told: it was not measured, and is never taken for zero.
    requestsPerSecondMax: whole("requests_per_second_max"),
    bridgeCalls: whole("bridge_calls"),
    bridgeCallsPerSecondMax: whole("bridge_calls_per_second_max"),
    storageBytesMax: whole("storage_bytes_max"),
    cacheBytesMax: whole("cache_bytes_max"),
    limits: jsonText("limits").$type<NonNullable<MinuteEntry["limits"]>>(),
    appliedEpoch: whole("applied_epoch"),
    appliedPlatform: whole("applied_platform"),
    appliedProgram: whole("applied_program"),
    /** What told of it; null in rows of before it was kept. */
    runtimeKind: text("runtime_kind"),
    runtimeVersion: text("runtime_version"),
    /**
     * 1 where it was told of when its minute's 48 hours were over: it counts, and is in no histogram. Rows of before, in which
     * increments were added up, have how many.
     */
    late: integer("late").notNull().default(0),
  },
  (table) => [primaryKey({ columns: [table.at, table.id] }), index("telemetry_minutes_app").on(table.appId, table.at)],
);

/**
 * In which minutes of a day a device told of versions of a program that were never listed: that there were some is all
 * that is kept, one row a device, program and day.
 */
export const unlistedMinutes = pgTable(
  "unlisted_minutes",
  {
    deviceId: text("device_id").notNull(),
    appId: text("app_id").notNull(),
    /** Its first instant, UTC. */
    day: instant("day").notNull(),
    minutes: minutesOfDay("minutes").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.deviceId, table.appId, table.day] }),
    index("unlisted_minutes_app").on(table.appId, table.day),
  ],
);

/**
 * Single events; those that record a denial carry `denialId`, `code`, `layer` and `rule`. Partitioned by day of `at`: an
 * event is known by its id and its time, which no repetition changes.
 */
export const events = pgTable(
  "events",
  {
    deviceId: text("device_id").notNull(),
    eventId: text("event_id").notNull(),
    at: instant("at").notNull(),
    receivedAt: instant("received_at").notNull(),
    type: text("type").notNull(),
    appId: text("app_id"),
    versionCode: whole("version_code"),
    denialId: text("denial_id"),
    /** The first 16 hex digits of `denialId`: what happened, whoever it happened to. */
    cause: text("cause"),
    code: text("code"),
    layer: text("layer"),
    rule: text("rule"),
    /** The whole event as received. */
    body: jsonb("body").$type<Record<string, unknown>>().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.deviceId, table.eventId, table.at] }),
    index("events_app").on(table.appId, table.at),
    index("events_at").on(table.at, table.eventId),
    index("events_cause").on(table.cause, table.at),
    index("events_denial").on(table.denialId),
  ],
);

/**
 * Batches already answered, kept 7 days: the same batch gets the same answer and is counted once. Partitioned by day of
 * `receivedAt`. A batch and its body are named by the first 16 bytes of a SHA-256.
 */
export const telemetryBatches = pgTable(
  "telemetry_batches",
  {
    /** Of the device's id and the batch's, joined by LF. */
    batch: bytes("batch").notNull(),
    body: bytes("body").notNull(),
    receivedAt: instant("received_at").notNull(),
    accepted: integer("accepted").notNull(),
    intervalSeconds: integer("interval_seconds").notNull(),
    sampling: smallint("sampling").notNull(),
    /** Null where nothing was. */
    rejected: jsonb("rejected").$type<TelemetryAnswer["rejected"]>(),
    /** How many were, beyond those that it names. */
    rejectedMore: integer("rejected_more"),
    wanted: jsonb("wanted").$type<NonNullable<TelemetryAnswer["wanted"]>>(),
  },
  (table) => [primaryKey({ columns: [table.batch, table.receivedAt] })],
);

/**
 * Who tells of minutes: one device's version of a program in one kind of runtime, so that a minute names it in four bytes. Nothing
 * in it is free for the device to choose: what it adds to one minute meets the bound of that minute (spec 7.10).
 */
export const telemetrySources = pgTable(
  "telemetry_sources",
  {
    id: integer("id").primaryKey().generatedByDefaultAsIdentity(),
    deviceId: text("device_id").notNull(),
    appId: text("app_id").notNull(),
    versionCode: whole("version_code").notNull(),
    runtimeKind: text("runtime_kind").notNull(),
    /** As `lib/domain/labels.ts` writes them; empty where the device has none. */
    labels: text("labels").notNull(),
  },
  (table) => [
    unique("telemetry_sources_told").on(
      table.deviceId,
      table.appId,
      table.versionCode,
      table.runtimeKind,
      table.labels,
    ),
  ],
);

/**
 * One device-minute of one version that is over: the sum of its increments (spec 7.5). Partitioned by day, kept 48 hours.
 * Null where no increment told of it: it was not measured, and is never taken for zero.
 */
export const deviceMinutes = pgTable(
  "device_minutes",
  {
    at: instant("at").notNull(),
    source: integer("source").notNull(),
    cpuMs: compactWhole("cpu_ms").notNull(),
    memoryBytesMax: compactWhole("memory_bytes_max").notNull(),
    requests: compactWhole("requests").notNull(),
    blocked: compactWhole("blocked").notNull(),
    bytesIn: compactWhole("bytes_in").notNull(),
    bytesOut: compactWhole("bytes_out").notNull(),
    inFlightMax: compactWhole("in_flight_max").notNull(),
    throttledMs: compactWhole("throttled_ms").notNull(),
    crashes: compactWhole("crashes").notNull(),
    requestsPerSecondMax: compactWhole("requests_per_second_max"),
    bridgeCalls: compactWhole("bridge_calls"),
    bridgeCallsPerSecondMax: compactWhole("bridge_calls_per_second_max"),
    storageBytesMax: compactWhole("storage_bytes_max"),
    cacheBytesMax: compactWhole("cache_bytes_max"),
    /** What was in force as the minute ended; the later of its increments. */
    appliedEpoch: compactWhole("applied_epoch"),
    appliedPlatform: compactWhole("applied_platform"),
    appliedProgram: compactWhole("applied_program"),
    /** What its hosts, APIs, causes and limits added to hours, all together; null in rows of before it was kept. */
    detailed: compactWhole("detailed"),
  },
  (table) => [primaryKey({ columns: [table.source, table.at] })],
);

/**
 * What was told of a minute after its 48 hours, added up, so that it is held within the plausible however often it is told.
 * Partitioned by day, kept for as long as devices may tell of it.
 */
export const lateMinutes = pgTable(
  "late_minutes",
  {
    at: instant("at").notNull(),
    source: integer("source").notNull(),
    cpuMs: compactWhole("cpu_ms").notNull(),
    requests: compactWhole("requests").notNull(),
    blocked: compactWhole("blocked").notNull(),
    bytesIn: compactWhole("bytes_in").notNull(),
    bytesOut: compactWhole("bytes_out").notNull(),
    throttledMs: compactWhole("throttled_ms").notNull(),
    crashes: compactWhole("crashes").notNull(),
    bridgeCalls: compactWhole("bridge_calls"),
    detailed: compactWhole("detailed").notNull(),
  },
  (table) => [primaryKey({ columns: [table.source, table.at] })],
);

/** What many device-minutes were together (`lib/domain/measures/measures.ts`). */
const measures = {
  cpuMs: whole("cpu_ms").notNull(),
  memoryBytesMax: whole("memory_bytes_max").notNull(),
  requests: whole("requests").notNull(),
  blocked: whole("blocked").notNull(),
  bytesIn: whole("bytes_in").notNull(),
  bytesOut: whole("bytes_out").notNull(),
  inFlightMax: whole("in_flight_max").notNull(),
  throttledMs: whole("throttled_ms").notNull(),
  crashes: whole("crashes").notNull(),
  requestsPerSecondMax: whole("requests_per_second_max"),
  bridgeCalls: whole("bridge_calls"),
  bridgeCallsPerSecondMax: whole("bridge_calls_per_second_max"),
  storageBytesMax: whole("storage_bytes_max"),
  cacheBytesMax: whole("cache_bytes_max"),
  /** Device-minutes in the histograms. */
  minutes: whole("minutes").notNull(),
  /** Increments that were told of after their minute's 48 hours. */
  late: whole("late").notNull(),
  histograms: bytes("histograms").notNull(),
  /** The sketch of the devices. */
  devices: bytes("devices").notNull(),
};

/** One minute of all devices by program and version. Partitioned by day, kept 48 hours. */
export const fleetMinutes = pgTable(
  "fleet_minutes",
  {
    appId: text("app_id").notNull(),
    versionCode: whole("version_code").notNull(),
    at: instant("at").notNull(),
    ...measures,
  },
  (table) => [primaryKey({ columns: [table.appId, table.at, table.versionCode] })],
);

/** One hour of all devices by program, version, kind of runtime and labels. Partitioned by day. */
export const hourRollups = pgTable(
  "hour_rollups",
  {
    appId: text("app_id").notNull(),
    versionCode: whole("version_code").notNull(),
    runtimeKind: text("runtime_kind").notNull(),
    labels: text("labels").notNull(),
    /** Its first instant. */
    hour: instant("hour").notNull(),
    ...measures,
  },
  (table) => [primaryKey({ columns: [table.appId, table.hour, table.versionCode, table.runtimeKind, table.labels] })],
);

/** What an hour's counts are about; `name` is `host:port:purpose`, an API, a cause key or a limit, or `~other`. */
export const DETAIL_KINDS = ["host", "api", "cause", "limit"] as const;
export type DetailKind = (typeof DETAIL_KINDS)[number];

/** One hour of all devices by program, version, applied revision of the program, and what was asked for. Partitioned by day. */
export const hourDetails = pgTable(
  "hour_details",
  {
    appId: text("app_id").notNull(),
    kind: text("kind").$type<DetailKind>().notNull(),
    name: text("name").notNull(),
    hour: instant("hour").notNull(),
    versionCode: whole("version_code").notNull(),
    /** The program document in force; 0 where there was none or none was told. */
    programRevision: whole("program_revision").notNull(),
    /** Calls let through; of a cause or a limit none. */
    allowed: whole("allowed").notNull(),
    /** Calls blocked, denied or refused. */
    refused: whole("refused").notNull(),
    throttledMs: whole("throttled_ms").notNull(),
    evicted: whole("evicted").notNull(),
    /** Increments that were told of after their minute's 48 hours. */
    late: whole("late").notNull(),
    /** The first and the last minute that told of it. */
    firstAt: instant("first_at").notNull(),
    lastAt: instant("last_at").notNull(),
    /** What a host or a cause is, in members; of the same name always the same but for a cause, where one of them stands. */
    about: jsonb("about").$type<Record<string, unknown>>(),
    /** Of the calls in one device-minute as it was folded, let through or not. */
    histogram: bytes("histogram").notNull(),
    devices: bytes("devices").notNull(),
  },
  (table) => [
    primaryKey({
      name: "hour_details_counted",
      columns: [table.appId, table.kind, table.name, table.hour, table.versionCode, table.programRevision],
    }),
    index("hour_details_hour").on(table.appId, table.kind, table.hour),
    // What reaches a limit is little, and asked for of all programs at once.
    index("hour_details_limits").on(table.hour).where(sql`${table.kind} = 'limit'`),
  ],
);

/** How many names a program's details have on a day, and whether what is past the largest stands under `~other` already. */
export const detailDays = pgTable(
  "detail_days",
  {
    appId: text("app_id").notNull(),
    /** Its first instant, UTC. */
    day: instant("day").notNull(),
    /** Names that no rule, grant or closed list knows, by kind. */
    names: jsonb("names").$type<Partial<Record<DetailKind, number>>>().notNull(),
    isFolded: boolean("is_folded").notNull(),
  },
  (table) => [primaryKey({ columns: [table.appId, table.day] })],
);

/**
 * Since when a program's cause is known, by the platform's clock: written when it is told of, kept for as long as it is and 90 days
 * more.
 */
export const seenCauses = pgTable(
  "seen_causes",
  {
    appId: text("app_id").notNull(),
    cause: text("cause").notNull(),
    firstSeenAt: instant("first_seen_at").notNull(),
    /** To a day. */
    lastSeenAt: instant("last_seen_at").notNull(),
    /** As the first device told it: code, layer, rule and what was asked for. */
    about: jsonb("about").$type<Record<string, unknown>>(),
  },
  (table) => [
    primaryKey({ columns: [table.appId, table.cause] }),
    index("seen_causes_first").on(table.firstSeenAt, table.appId),
    index("seen_causes_app").on(table.appId, table.firstSeenAt),
    index("seen_causes_last").on(table.lastSeenAt),
  ],
);

/**
 * How long decisions took to devices: each device is counted once at each platform document that a decision made, when it
 * says for the first time that it enforces it or a later one, and was enrolled before it was signed.
 */
export const appliedRevisions = pgTable(
  "applied_revisions",
  {
    epoch: whole("epoch").notNull(),
    revision: whole("revision").notNull(),
    devices: whole("devices").notNull(),
    /** When the last of them did. */
    lastAt: instant("last_at").notNull(),
    /** Of milliseconds since it was signed (`lib/domain/measures/histogram.ts`). */
    delays: bytes("delays").notNull(),
  },
  (table) => [primaryKey({ columns: [table.epoch, table.revision] })],
);
