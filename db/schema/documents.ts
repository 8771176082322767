import { sql } from "drizzle-orm";
import { index, jsonb, pgTable, text, uniqueIndex } from "drizzle-orm/pg-core";
import type { KeysetClaims } from "@/native/core/shapes/claims";
import { instant, whole } from "./columns";

/** Every signed platform and program document with the bytes that were signed. Rows are never changed. */
export const documents = pgTable(
  "documents",
  {
    id: text("id").primaryKey(),
    kind: text("kind", { enum: ["platform", "program"] }).notNull(),
    /** Empty for the platform document. */
    appId: text("app_id").notNull(),
    epoch: whole("epoch").notNull(),
    revision: whole("revision").notNull(),
    /** SHA-256 of the payload bytes. */
    sha256: text("sha256").notNull(),
    /** Compact JWS as served. */
    jws: text("jws").notNull(),
    issuedAtSeconds: whole("issued_at_seconds").notNull(),
    expiresAtSeconds: whole("expires_at_seconds").notNull(),
    /** The change set behind it; null when it was only signed again to stay fresh. */
    changeSetId: text("change_set_id"),
    createdAt: instant("created_at").notNull(),
  },
  (table) => [
    uniqueIndex("documents_revision").on(table.kind, table.appId, table.epoch, table.revision),
    index("documents_newest").on(table.kind, table.appId, sql`${table.epoch} desc`, sql`${table.revision} desc`),
    index("documents_change_set").on(table.changeSetId),
  ],
);

export const keysets = pgTable("keysets", {
  revision: whole("revision").primaryKey(),
  epoch: whole("epoch").notNull(),
  /** JWS JSON serialization as served. */
  jws: text("jws").notNull(),
  claims: jsonb("claims").$type<KeysetClaims>().notNull(),
  expiresAtSeconds: whole("expires_at_seconds").notNull(),
  createdAt: instant("created_at").notNull(),
});
