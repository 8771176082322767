import { is } from "drizzle-orm";
import { getTableConfig, PgTable } from "drizzle-orm/pg-core";
import * as schema from "../schema";

type TableName = {
  [Name in keyof typeof schema]: (typeof schema)[Name] extends PgTable ? Name : never;
}[keyof typeof schema];

/**
 * What the journal keeps of a table. `rows`: every row, as it is after each commit; a change of `ignored` columns alone
 * is not worth a record. `voids`: no contents, only that what was there up to an instant counts no more, so that neither
 * power loss nor a rebuild brings back an old password; the rows themselves lie in one file (`credentials-file.ts`).
 * `nothing`: gone when the store has to be rebuilt; `onPowerLoss: "end"` says that rows must not outlive a commit that the
 * database lost, because one of them may have been ended by it; `onDamage: "set-aside"` that they are figures, which a store
 * goes on without (`tend-figures.ts`). Without a title nothing is told: bundles' rows are
 * made again of their files (`restoreBundles`), which tells what was not.
 */
type Treatment =
  | { keep: "rows"; ignored?: readonly string[] }
  | { keep: "voids"; stamp: string; title: string }
  | { keep: "nothing"; title: string; onPowerLoss?: "end"; onDamage?: "set-aside" };

const TREATMENTS = {
  platform: { keep: "rows" },
  minRevisions: { keep: "rows" },
  publishers: { keep: "rows" },
  publisherKeys: { keep: "rows" },
  publisherTokens: { keep: "rows" },
  programs: { keep: "rows" },
  versions: { keep: "rows" },
  publishedMembers: { keep: "rows" },
  people: { keep: "rows" },
  changeSets: { keep: "rows" },
  changes: { keep: "rows" },
  denialAcknowledgements: { keep: "rows" },
  keysets: { keep: "rows" },
  documents: { keep: "rows" },
  auditEntries: { keep: "rows" },
  auditHead: { keep: "rows" },
  auditHeads: { keep: "rows" },
  auditWitnesses: { keep: "rows" },
  continuity: { keep: "rows" },
  heldDocuments: { keep: "rows" },
  heldNarrowings: { keep: "rows" },
  clocks: { keep: "rows" },
  devices: {
    keep: "rows",
    ignored: [
      "last_seen_at",
      "applied_epoch",
      "applied_keyset",
      "applied_platform",
      "applied_programs",
      "applied_at",
      "discarded",
      "clamped",
      "rejected",
      "runtime_version",
      "runtime_layers",
    ],
  },
  credentials: { keep: "voids", stamp: "changed_at", title: "passwords" },
  identities: { keep: "voids", stamp: "linked_at", title: "links to the identity provider" },
  sessions: { keep: "nothing", title: "sessions", onPowerLoss: "end" },
  signInLinks: { keep: "nothing", title: "one-time links", onPowerLoss: "end" },
  handovers: { keep: "nothing", title: "codes of one-time links", onPowerLoss: "end" },
  signInFailures: { keep: "nothing", title: "failed sign-ins" },
  enrolmentTokens: { keep: "nothing", title: "enrolments not used yet", onPowerLoss: "end" },
  usedAssertions: { keep: "nothing", title: "assertions used in the last minutes" },
  bundles: { keep: "nothing", title: "" },
  probes: { keep: "nothing", title: "" },
  unlistedMinutes: { keep: "nothing", title: "minutes of versions never listed", onDamage: "set-aside" },
  telemetryMinutes: { keep: "nothing", title: "telemetry", onDamage: "set-aside" },
  telemetrySources: { keep: "nothing", title: "", onDamage: "set-aside" },
  deviceMinutes: { keep: "nothing", title: "", onDamage: "set-aside" },
  lateMinutes: { keep: "nothing", title: "", onDamage: "set-aside" },
  fleetMinutes: { keep: "nothing", title: "", onDamage: "set-aside" },
  hourRollups: { keep: "nothing", title: "", onDamage: "set-aside" },
  hourDetails: { keep: "nothing", title: "", onDamage: "set-aside" },
  detailDays: { keep: "nothing", title: "", onDamage: "set-aside" },
  seenCauses: { keep: "nothing", title: "since when causes are known", onDamage: "set-aside" },
  appliedRevisions: { keep: "nothing", title: "how long decisions took to devices", onDamage: "set-aside" },
  denialSightings: { keep: "nothing", title: "", onDamage: "set-aside" },
  denialJudgements: { keep: "nothing", title: "", onDamage: "set-aside" },
  denialMends: { keep: "nothing", title: "", onDamage: "set-aside" },
  telemetryBatches: { keep: "nothing", title: "answers to telemetry batches", onDamage: "set-aside" },
  events: { keep: "nothing", title: "events", onDamage: "set-aside" },
  journalChanges: { keep: "nothing", title: "" },
  journalRecords: { keep: "nothing", title: "" },
} as const satisfies Record<TableName, Treatment>;

export type TableInfo = { relation: string; keys: string[]; columns: string[]; treatment: Treatment };

const exported = new Map<string, unknown>(Object.entries(schema));

/** Every table with its columns and those of its key, by relation name. */
export const TABLES: ReadonlyMap<string, TableInfo> = new Map(
  Object.entries(TREATMENTS).map(([name, treatment]) => {
    const table = exported.get(name);
    if (!is(table, PgTable)) throw new TypeError(`${name} is no table`);
    const config = getTableConfig(table);
    const composite = config.primaryKeys[0]?.columns.map((column) => column.name);
    const keys = composite ?? config.columns.filter((column) => column.primary).map((column) => column.name);
    const columns = config.columns.map((column) => column.name);
    return [config.name, { relation: config.name, keys, columns, treatment }];
  }),
);

/** What is not there any more after a rebuild, in words. */
export const NOT_KEPT: readonly string[] = [...TABLES.values()].flatMap(({ treatment }) =>
  treatment.keep === "nothing" && treatment.title !== "" ? [treatment.title] : [],
);

/** What is gone too where the file beside the journal is not there. */
export const VOIDED: readonly string[] = [...TABLES.values()].flatMap(({ treatment }) =>
  treatment.keep === "voids" ? [treatment.title] : [],
);
