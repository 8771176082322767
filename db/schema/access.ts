import { index, jsonb, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import type { HostPurpose } from "@/native/core/codes";
import type { Constraints, Pins } from "@/native/core/shapes/claims";
import { instant, whole } from "./columns";
import { programs } from "./programs";

/** The published grants. Drafts and proposals live in change sets alone. */
export const grants = pgTable(
  "grants",
  {
    appId: text("app_id")
      .notNull()
      .references(() => programs.appId),
    capability: text("capability").notNull(),
    consent: text("consent", { enum: ["none", "ask"] }).notNull(),
    constraints: jsonb("constraints").$type<Constraints>(),
    untilSeconds: whole("until_seconds"),
    changeSetId: text("change_set_id"),
    updatedAt: instant("updated_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.appId, table.capability] })],
);

/** The published host rules; a document lists them by host, then id, so that what comes back stands where it stood. */
export const hostRules = pgTable(
  "host_rules",
  {
    id: text("id").primaryKey(),
    appId: text("app_id")
      .notNull()
      .references(() => programs.appId),
    host: text("host").notNull(),
    ports: jsonb("ports").$type<number[]>().notNull(),
    purposes: jsonb("purposes").$type<HostPurpose[]>().notNull(),
    untilSeconds: whole("until_seconds"),
    fromVersion: whole("from_version"),
    pins: jsonb("pins").$type<Pins>(),
    changeSetId: text("change_set_id"),
    updatedAt: instant("updated_at").notNull(),
  },
  (table) => [index("host_rules_app").on(table.appId)],
);

export const receivers = pgTable(
  "receivers",
  {
    appId: text("app_id")
      .notNull()
      .references(() => programs.appId),
    fromAppId: text("from_app_id").notNull(),
    actions: jsonb("actions").$type<string[]>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.appId, table.fromAppId] })],
);

export const externalRoutes = pgTable(
  "external_routes",
  {
    appId: text("app_id")
      .notNull()
      .references(() => programs.appId),
    page: text("page").notNull(),
  },
  (table) => [primaryKey({ columns: [table.appId, table.page] })],
);
