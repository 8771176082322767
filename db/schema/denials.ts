import { boolean, index, jsonb, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import { instant, whole } from "./columns";

/**
 * For which purpose and in which kind of runtime a cause was refused: written as minutes close, once each. Of what is counted together under
 * `~other` nothing is known here.
 */
export const denialSightings = pgTable(
  "denial_sightings",
  {
    appId: text("app_id").notNull(),
    cause: text("cause").notNull(),
    /** Empty where the call was for none. */
    purpose: text("purpose").notNull(),
    /** Empty in rows that were made of counts of before it was kept. */
    runtimeKind: text("runtime_kind").notNull(),
    versionCode: whole("version_code").notNull(),
    /** The members of the refusal that was told first. */
    about: jsonb("about").$type<Record<string, unknown>>().notNull(),
    firstAt: instant("first_at").notNull(),
    /** To the hour: it is written again when that is over. */
    lastAt: instant("last_at").notNull(),
  },
  (table) => [
    primaryKey({
      name: "denial_sightings_seen",
      columns: [table.appId, table.cause, table.purpose, table.runtimeKind],
    }),
    index("denial_sightings_last").on(table.lastAt),
  ],
);

/**
 * What of a program's causes was judged last, as `lib/services/denials/judge-causes.ts` writes the pair of documents; with a `!` more for
 * each time that a cause was new since.
 */
export const denialJudgements = pgTable("denial_judgements", {
  appId: text("app_id").primaryKey(),
  judged: text("judged").notNull(),
});

/** A cause's purpose that documents let through, since the decision that did it, while they do. */
export const denialMends = pgTable(
  "denial_mends",
  {
    appId: text("app_id").notNull(),
    cause: text("cause").notNull(),
    purpose: text("purpose").notNull(),
    versionCode: whole("version_code").notNull(),
    /** Of which hosts or APIs calls are counted, by the name that details have. */
    countedKind: text("counted_kind", { enum: ["host", "api"] }).notNull(),
    countedName: text("counted_name").notNull(),
    /** The decision's document, by which minutes know that a device enforces it. */
    document: text("document", { enum: ["platform", "program"] }).notNull(),
    epoch: whole("epoch").notNull(),
    revision: whole("revision").notNull(),
    at: instant("at").notNull(),
    changeSetId: text("change_set_id"),
    /** False: what was in force before it was not looked at. */
    isFirst: boolean("is_first").notNull(),
    /** Calls that went through in minutes that began after it, of devices that enforced it; added as minutes close. */
    through: whole("through").notNull(),
    /** There may be more: under `~other`, or of before it was judged. */
    isAtLeast: boolean("is_at_least").notNull(),
  },
  (table) => [
    primaryKey({ name: "denial_mends_kept", columns: [table.appId, table.cause, table.purpose] }),
    index("denial_mends_change_set").on(table.changeSetId),
  ],
);

/** A cause that somebody has looked at and needs nobody again, for everybody; until it is seen elsewhere than in `seen`. */
export const denialAcknowledgements = pgTable(
  "denial_acknowledgements",
  {
    appId: text("app_id").notNull(),
    cause: text("cause").notNull(),
    personId: text("person_id").notNull(),
    at: instant("at").notNull(),
    reason: text("reason").notNull(),
    /** For which purposes and in which kinds of runtime it had been seen. */
    seen: jsonb("seen").$type<{ purpose: string; runtimeKind: string }[]>().notNull(),
  },
  (table) => [primaryKey({ name: "denial_acknowledgements_cause", columns: [table.appId, table.cause] })],
);
