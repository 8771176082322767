import { sql } from "drizzle-orm";
import { index, integer, jsonb, pgTable, primaryKey, text, uniqueIndex } from "drizzle-orm/pg-core";
import { PERSON_STATES, SIGN_IN_GIVERS, SIGN_IN_LINK_PURPOSES } from "@/lib/domain/lifecycles";
import { ROLES } from "@/lib/domain/roles";
import { instant } from "./columns";

export const people = pgTable(
  "people",
  {
    id: text("id").primaryKey(),
    email: text("email").notNull(),
    name: text("name").notNull(),
    role: text("role", { enum: ROLES }).notNull(),
    /** Set for developers, and for others who also belong to a publisher: nobody approves for their own. */
    publisherId: text("publisher_id"),
    state: text("state", { enum: PERSON_STATES }).notNull(),
    /** Since when the sign-in is locked, whatever the state; null: it is not. */
    signInLockedAt: instant("sign_in_locked_at"),
    /** Through whose hands the password came; null: none was set here, or it was before that was kept. */
    signInGivenBy: text("sign_in_given_by", { enum: SIGN_IN_GIVERS }),
    createdAt: instant("created_at").notNull(),
  },
  (table) => [
    uniqueIndex("people_email").on(sql`lower(${table.email})`),
    index("people_listed").on(sql`lower(${table.name})`, table.id),
  ],
);

/** Password hashes of local accounts: `scrypt$N$r$p$salt$hash`. */
export const credentials = pgTable("credentials", {
  personId: text("person_id")
    .primaryKey()
    .references(() => people.id),
  passwordHash: text("password_hash").notNull(),
  changedAt: instant("changed_at").notNull(),
});

/** Accounts of an identity provider that are linked to a person. */
export const identities = pgTable(
  "identities",
  {
    issuer: text("issuer").notNull(),
    subject: text("subject").notNull(),
    personId: text("person_id")
      .notNull()
      .references(() => people.id),
    linkedAt: instant("linked_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.issuer, table.subject] })],
);

/** Sessions of ours. next-auth's token carries `id`; every request reads this row. */
export const sessions = pgTable(
  "sessions",
  {
    id: text("id").primaryKey(),
    personId: text("person_id")
      .notNull()
      .references(() => people.id),
    createdAt: instant("created_at").notNull(),
    lastSeenAt: instant("last_seen_at").notNull(),
    expiresAt: instant("expires_at").notNull(),
    endedAt: instant("ended_at"),
    detail: jsonb("detail").$type<Record<string, unknown>>().notNull(),
  },
  (table) => [index("sessions_person").on(table.personId)],
);

/** One-time links: set-up, invitation, reset, and the demo's one link per role. Stored as SHA-256 alone. */
export const signInLinks = pgTable("sign_in_links", {
  tokenSha256: text("token_sha256").primaryKey(),
  purpose: text("purpose", { enum: SIGN_IN_LINK_PURPOSES }).notNull(),
  personId: text("person_id"),
  createdAt: instant("created_at").notNull(),
  expiresAt: instant("expires_at").notNull(),
  usedAt: instant("used_at"),
});

/**
 * A sign-in that is given in two halves: the newest one of each person. Each half is shown once to its one person; kept
 * are the link's SHA-256, by which it is found, and the code's HMAC under a secret that is not in the database.
 */
export const handovers = pgTable("handovers", {
  personId: text("person_id")
    .primaryKey()
    .references(() => people.id),
  purpose: text("purpose", { enum: ["invite", "reset"] }).notNull(),
  /** The decision that gave it; null where it was made in set-up without one. */
  changeSetId: text("change_set_id"),
  linkTo: text("link_to").notNull(),
  codeTo: text("code_to").notNull(),
  /** Null until the half was shown. */
  tokenSha256: text("token_sha256").unique(),
  codeHmac: text("code_hmac"),
  /** Codes that were tried, the one that is looked at now too. */
  tries: integer("tries").notNull().default(0),
  createdAt: instant("created_at").notNull(),
  expiresAt: instant("expires_at").notNull(),
  endedAt: instant("ended_at"),
});

/** Failed sign-ins by account and by address, for the throttle. */
export const signInFailures = pgTable(
  "sign_in_failures",
  {
    id: text("id").primaryKey(),
    key: text("key").notNull(),
    at: instant("at").notNull(),
  },
  (table) => [index("sign_in_failures_key").on(table.key, table.at), index("sign_in_failures_at").on(table.at)],
);
