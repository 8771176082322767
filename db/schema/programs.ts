import { sql } from "drizzle-orm";
import { index, jsonb, pgTable, text, uniqueIndex } from "drizzle-orm/pg-core";
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

/** What is known of a bundle's file: there and whole, not there, of other bytes, or removed with its refusal. */
export const BUNDLE_STATES = ["kept", "missing", "changed", "removed"] as const;

/** A bundle, by the SHA-256 of its bytes, which lie in a file of that name; and what was found when it was handed in. */
export const bundles = pgTable("bundles", {
  sha256: text("sha256").primaryKey(),
  sizeBytes: whole("size_bytes").notNull(),
  /** Bytes of a bundle of before that is no file yet; null for every other. */
  content: bytes("content"),
  /** DER, detached. */
  signature: bytes("signature").notNull(),
  createdAt: instant("created_at").notNull(),
  /** The publisher's key that the signature was verified by, and when. Null: nobody knows. */
  kid: text("kid"),
  verifiedAt: instant("verified_at"),
  /** Of `manifest.json`, of how many files, of how many bytes unpacked. Null where it was verified before this was kept. */
  manifestSha256: text("manifest_sha256"),
  entries: whole("entries"),
  unpackedBytes: whole("unpacked_bytes"),
  state: text("state", { enum: BUNDLE_STATES }).notNull().default("kept"),
  /** When the file's bytes were last held against the digest. */
  checkedAt: instant("checked_at"),
});

/**
 * Every submission of a version; those in state `listed` stand in the program document. A code belongs to the one that
 * waits, is listed, or was listed once: devices may have seen it. One that was refused or taken back before gives it free.
 */
export const versions = pgTable(
  "versions",
  {
    submissionId: text("submission_id").primaryKey(),
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
    /** The publisher's token that it came by. Null: nobody knows. */
    tokenId: text("token_id"),
    submittedAt: instant("submitted_at").notNull(),
    listedAt: instant("listed_at"),
    /** When it was refused, or taken back before it was decided. Null elsewhere, and where versions of before did not say. */
    endedAt: instant("ended_at"),
    /** What the reviewer told the publisher. */
    comment: text("comment"),
  },
  (table) => [
    uniqueIndex("versions_code")
      .on(table.appId, table.code)
      .where(sql`state in ('submitted', 'listed') or listed_at is not null`),
    index("versions_program").on(table.appId, table.code),
    index("versions_publisher").on(table.publisherId),
    index("versions_sha256").on(table.sha256),
    index("versions_state").on(table.state, table.submittedAt),
  ],
);
