import { sql } from "drizzle-orm";
import { index, jsonb, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import { VERSION_STATES } from "@/lib/domain/lifecycles";
import { bytes, instant, whole } from "./columns";
import { publishers } from "./publishers";

export const programs = pgTable(
  "programs",
  {
    appId: text("app_id").primaryKey(),
    publisherId: text("publisher_id")
      .notNull()
      .references(() => publishers.id),
    name: text("name").notNull(),
    status: text("status", { enum: ["active", "suspended", "retired"] }).notNull(),
    createdAt: instant("created_at").notNull(),
  },
  (table) => [
    index("programs_publisher").on(table.publisherId, sql`lower(${table.name})`, table.appId),
    index("programs_listed").on(sql`lower(${table.name})`, table.appId),
  ],
);

/** A submitted bundle's bytes, by the SHA-256 of exactly these bytes. */
export const bundles = pgTable("bundles", {
  sha256: text("sha256").primaryKey(),
  sizeBytes: whole("size_bytes").notNull(),
  content: bytes("content").notNull(),
  /** DER, detached. */
  signature: bytes("signature").notNull(),
  createdAt: instant("created_at").notNull(),
});

/** Every version that was ever submitted; those in state `listed` stand in the program document. */
export const versions = pgTable(
  "versions",
  {
    appId: text("app_id")
      .notNull()
      .references(() => programs.appId),
    code: whole("code").notNull(),
    name: text("name").notNull(),
    publisherId: text("publisher_id").notNull(),
    sha256: text("sha256").notNull(),
    sizeBytes: whole("size_bytes").notNull(),
    kid: text("kid").notNull(),
    engine: text("engine", { enum: ["web", "script"] }).notNull(),
    declares: jsonb("declares").$type<string[]>().notNull(),
    /** The manifest as parsed, for reviewers: reasons, requested hosts and limits. */
    manifest: jsonb("manifest").$type<Record<string, unknown>>().notNull(),
    state: text("state", { enum: VERSION_STATES }).notNull(),
    submissionId: text("submission_id").notNull().unique(),
    /** The publisher's token that it came by. Null: nobody knows. */
    tokenId: text("token_id"),
    submittedAt: instant("submitted_at").notNull(),
    listedAt: instant("listed_at"),
    /** What the reviewer told the publisher. */
    comment: text("comment"),
  },
  (table) => [
    primaryKey({ columns: [table.appId, table.code] }),
    index("versions_publisher").on(table.publisherId),
    index("versions_sha256").on(table.sha256),
    index("versions_state").on(table.state, table.submittedAt),
  ],
);
