import { index, jsonb, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import type { MinuteEntry } from "@/native/core/telemetry/batch";
import { instant, minutesOfDay, whole } from "./columns";

/** One device-minute of one program version; increments of that minute are added up here (contract §7). */
export const telemetryMinutes = pgTable(
  "telemetry_minutes",
  {
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
    apis: jsonb("apis").$type<Record<string, { allowed: number; denied: number }>>().notNull(),
    hosts: jsonb("hosts")
      .$type<{ host: string; port: number; purpose: string; allowed: number; blocked: number }[]>()
      .notNull(),
    denials: jsonb("denials").$type<Record<string, unknown>[]>().notNull(),
    // Null where no increment told of it: it was not measured, and is never taken for zero.
    requestsPerSecondMax: whole("requests_per_second_max"),
    bridgeCalls: whole("bridge_calls"),
    bridgeCallsPerSecondMax: whole("bridge_calls_per_second_max"),
    storageBytesMax: whole("storage_bytes_max"),
    cacheBytesMax: whole("cache_bytes_max"),
    limits: jsonb("limits").$type<NonNullable<MinuteEntry["limits"]>>(),
    appliedEpoch: whole("applied_epoch"),
    appliedPlatform: whole("applied_platform"),
    appliedProgram: whole("applied_program"),
    /** What told of it last; null in rows of before it was kept. */
    runtimeKind: text("runtime_kind"),
    runtimeVersion: text("runtime_version"),
  },
  (table) => [
    primaryKey({ columns: [table.deviceId, table.appId, table.versionCode, table.at] }),
    index("telemetry_minutes_app").on(table.appId, table.at),
  ],
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

/** Single events; those that record a denial carry `denialId`, `code`, `layer` and `rule`. */
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
    primaryKey({ columns: [table.deviceId, table.eventId] }),
    index("events_app").on(table.appId, table.at),
    index("events_denial").on(table.denialId),
    index("events_received").on(table.receivedAt),
  ],
);

/** Batches already answered, kept 7 days: the same batch gets the same answer and is counted once. */
export const telemetryBatches = pgTable(
  "telemetry_batches",
  {
    deviceId: text("device_id").notNull(),
    batchId: text("batch_id").notNull(),
    bodySha256: text("body_sha256").notNull(),
    response: jsonb("response").$type<Record<string, unknown>>().notNull(),
    receivedAt: instant("received_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.deviceId, table.batchId] }),
    index("telemetry_batches_received").on(table.receivedAt),
  ],
);
