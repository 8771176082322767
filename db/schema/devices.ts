import { sql } from "drizzle-orm";
import { index, jsonb, pgTable, text } from "drizzle-orm/pg-core";
import type { Labels } from "@/lib/domain/labels";
import type { PublicJwk } from "@/native/core/shapes/claims";
import { instant, whole } from "./columns";

export const devices = pgTable(
  "devices",
  {
    id: text("id").primaryKey(),
    name: text("name").notNull(),
    /** As its enrolment token fixed them. */
    labels: jsonb("labels").$type<Labels>().notNull().default({}),
    publicJwk: jsonb("public_jwk").$type<PublicJwk>().notNull(),
    thumbprint: text("thumbprint").notNull().unique(),
    runtimeKind: text("runtime_kind").notNull(),
    runtimeVersion: text("runtime_version").notNull(),
    runtimeLayers: jsonb("runtime_layers").$type<Record<string, unknown>[]>().notNull(),
    enrolledAt: instant("enrolled_at").notNull(),
    lastSeenAt: instant("last_seen_at"),
    revokedAt: instant("revoked_at"),
    /** What the device says that it enforces; from its last batch. */
    appliedEpoch: whole("applied_epoch"),
    appliedKeyset: whole("applied_keyset"),
    appliedPlatform: whole("applied_platform"),
    appliedPrograms: jsonb("applied_programs").$type<Record<string, number>>(),
    appliedAt: instant("applied_at"),
    /** Counts of what it had to drop, by reason, since enrolment. */
    discarded: jsonb("discarded").$type<Record<string, number>>().notNull(),
    /** Counters that it told beyond the plausible, and entries or parts that were not taken in, since enrolment. */
    clamped: whole("clamped").notNull().default(0),
    rejected: whole("rejected").notNull().default(0),
  },
  (table) => [
    index("devices_applied").on(table.appliedEpoch, table.appliedPlatform),
    index("devices_seen").on(table.lastSeenAt),
    index("devices_listed").on(sql`(${table.revokedAt} is not null)`, sql`lower(${table.name})`, table.id),
  ],
);

export const enrolmentTokens = pgTable("enrolment_tokens", {
  id: text("id").primaryKey(),
  tokenSha256: text("token_sha256").notNull().unique(),
  deviceName: text("device_name").notNull(),
  labels: jsonb("labels").$type<Labels>().notNull().default({}),
  createdBy: text("created_by").notNull(),
  createdAt: instant("created_at").notNull(),
  expiresAt: instant("expires_at").notNull(),
  usedAt: instant("used_at"),
  /** Thumbprint of the key that used it: the same token and key get the same answer for 24 h. */
  usedBy: text("used_by"),
  deviceId: text("device_id"),
});

/** Identifiers of assertions already used, kept until they could no longer be accepted. */
export const usedAssertions = pgTable(
  "used_assertions",
  {
    jti: text("jti").primaryKey(),
    expiresAt: instant("expires_at").notNull(),
  },
  (table) => [index("used_assertions_expiry").on(table.expiresAt)],
);
