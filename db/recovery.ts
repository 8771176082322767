/**
 * What opening found and did. `fresh`: a new store. `agreed`: rows and journal said the same. `journal-completed`: the
 * last commits were in the rows alone and were appended. `rows-rebuilt`: the machine went down, or the database had
 * lost its last commits, so the journaled rows were made from the journal. Only by consent (`rebuildStore`):
 * `store-rebuilt`, a new database was made from the journal, `tables-rebuilt`, some of its tables, and `journal-begun-anew`, a new journal begins with all rows
 * as they stand; what was replaced is set aside.
 */
export type Recovery = {
  outcome:
    | "fresh"
    | "agreed"
    | "journal-completed"
    | "rows-rebuilt"
    | "store-rebuilt"
    | "tables-rebuilt"
    | "journal-begun-anew";
  /** The last record on which rows and journal agree; 0 for none. */
  sequence: number;
  recordsAppended: number;
  recordsReplayed: number;
  /** Bytes of an unfinished record at the journal's end. It was never acknowledged. */
  tornBytes: number;
  /** Tables that were made anew, where not all were. */
  tables: string[];
  /** Folders that were renamed and kept, with the reason. */
  setAside: { path: string; reason: string }[];
  /** The steps of the schema that were taken. */
  migrated: string[];
  /** The record at which the journal begins again with all rows as they stand; null where it goes on as it was. */
  baseFrom: number | null;
  /** What the store had and has no more, in words. */
  lost: string[];
  /** What was ended, because the commit that ended one of them may be among the lost. */
  ended: string[];
  /** Bundles whose rows were made from their files or from a backup, and those that versions name and that could not be, in words. */
  bundles: { restored: number; missing: string[] };
};

export const NOTHING_FOUND: Recovery = {
  outcome: "fresh",
  sequence: 0,
  recordsAppended: 0,
  recordsReplayed: 0,
  tornBytes: 0,
  tables: [],
  setAside: [],
  migrated: [],
  baseFrom: null,
  lost: [],
  ended: [],
  bundles: { restored: 0, missing: [] },
};

/** What an operator must be told about it, a sentence a line; nothing when rows and journal simply agreed. */
export function describeRecovery(recovery: Recovery): string[] {
  const { outcome, sequence, recordsAppended, recordsReplayed, tornBytes, bundles } = recovery;
  const { tables, setAside, migrated, baseFrom, lost, ended } = recovery;
  const lines = {
    fresh: [],
    agreed: [],
    "journal-completed": [
      `The journal was completed from the database: ${recordsAppended} records, up to ${sequence}.`,
    ],
    "rows-rebuilt": [
      `The database had lost commits, or may have: its rows were made from the journal, up to record ${sequence}.`,
    ],
    "store-rebuilt": [`The database was made anew from the journal: ${recordsReplayed} records, up to ${sequence}.`],
    "tables-rebuilt": [`Made anew from the journal: ${tables.join(", ")} (${recordsReplayed} records).`],
    "journal-begun-anew": [`The journal was begun anew from the database's rows, as records up to ${sequence}.`],
  }[outcome];
  return [
    ...lines,
    ...(migrated.length === 0 ? [] : [`The store was brought to this program's schema: ${migrated.join(", ")}.`]),
    ...(baseFrom === null ? [] : [`The journal begins again at record ${baseFrom}, with all rows as they stand.`]),
    ...setAside.map(({ path, reason }) => `Kept aside as ${path}: ${reason}.`),
    ...(lost.length === 0 ? [] : [`Lost, because the journal does not keep them: ${lost.join(", ")}.`]),
    ...(ended.length === 0 ? [] : [`Ended, to be safe: ${ended.join(", ")}.`]),
    ...(bundles.restored === 0
      ? []
      : [`Bundles that were put back, from their files or from the backups: ${bundles.restored}.`]),
    ...(bundles.missing.length === 0 ? [] : [missingBundles(bundles.missing)]),
    ...(tornBytes === 0 ? [] : [`The journal ended in ${tornBytes} bytes of a record that was never acknowledged.`]),
  ];
}

const NAMED_MAX = 20;

function missingBundles(missing: readonly string[]): string {
  const named = missing.slice(0, NAMED_MAX).join("; ");
  const more = missing.length > NAMED_MAX ? `; and ${missing.length - NAMED_MAX} more` : "";
  return `Bundles that devices cannot fetch: ${missing.length}. ${named}${more}. Put their files back into the bundles' folder and start again, or let the publisher submit a higher version.`;
}
