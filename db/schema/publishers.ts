import { sql } from "drizzle-orm";
import { index, jsonb, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import type { PublicJwk } from "@/native/core/shapes/claims";
import { instant } from "./columns";

export const publishers = pgTable(
  "publishers",
  {
    id: text("id").primaryKey(),
    name: text("name").notNull(),
    createdAt: instant("created_at").notNull(),
  },
  (table) => [index("publishers_listed").on(sql`lower(${table.name})`, table.id)],
);

/** Keys that publishers sign bundles with. `kid` is the RFC 7638 thumbprint, so one key belongs to one publisher. */
export const publisherKeys = pgTable(
  "publisher_keys",
  {
    publisherId: text("publisher_id")
      .notNull()
      .references(() => publishers.id),
    kid: text("kid").notNull().unique(),
    jwk: jsonb("jwk").$type<PublicJwk>().notNull(),
    status: text("status", { enum: ["active", "revoked"] }).notNull(),
    /** Whose proposal made it active first. Null: nobody knows, and no further version signed by it is listed (spec 6.2). */
    createdBy: text("created_by"),
    createdAt: instant("created_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.publisherId, table.kid] })],
);

/** Bearer tokens of publishers' tools, stored as SHA-256 alone. */
export const publisherTokens = pgTable(
  "publisher_tokens",
  {
    id: text("id").primaryKey(),
    publisherId: text("publisher_id")
      .notNull()
      .references(() => publishers.id),
    /** The person who made it. Null: nobody knows, and it speaks for nobody (spec 6.2). */
    createdBy: text("created_by"),
    tokenSha256: text("token_sha256").notNull().unique(),
    createdAt: instant("created_at").notNull(),
    expiresAt: instant("expires_at").notNull(),
    revokedAt: instant("revoked_at"),
  },
  (table) => [index("publisher_tokens_publisher").on(table.publisherId)],
);
