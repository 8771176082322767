import { endsBase, parseRecord, type SealedRecord } from "../journal/journal-frame";
import type { JournalScan } from "../journal/read-journal";
import { type Migration, planMigrations } from "../migrate";
import type { StoreFaultCode } from "../store-fault";
import { type FoundRows, type Position, recordsAfter, START } from "./stored-records";

/** A data folder as it is found, before anything in it is changed. */
export type Found = {
  database:
    | { state: "absent" }
    | { state: "unfinished" | "other-version" | "unreadable"; found: string }
    | { state: "opened"; rows: FoundRows };
  /** Scanned with the sequence of the rows' newest record. */
  journal: JournalScan;
  /** The database may have lost anything that was not synced: the machine went down while it was open. */
  isDoubtful: boolean;
  /** The folder was never opened before. */
  isFresh: boolean;
};

export type Verdict =
  /** There is nothing at all: a new store. */
  | { do: "begin" }
  /**
   * Rows and journal are of one history. `missing`: records that the rows have and the journal has not. `isRemade`: the
   * rows are made from the journal, which then has the missing ones too. `schema` is that of the journal then; null
   * where it tells of nothing.
   */
  | { do: "go-on"; missing: SealedRecord[]; isRemade: boolean; schema: number | null }
  | { do: "refuse"; fault: StoreFaultCode; found: string };

type Whole = Extract<JournalScan, { state: "whole" }>;
const refuse = (fault: StoreFaultCode, found: string): Verdict => ({ do: "refuse", fault, found });

/** What is said of a database that does not open. */
export const DATABASE_FAULTS = {
  absent: "database-missing",
  unfinished: "database-unfinished",
  "other-version": "other-database-version",
  unreadable: "database-unreadable",
} as const satisfies Record<string, StoreFaultCode>;

/** What is to be done with a data folder. Whatever would lose something without consent is refused. */
export function verdictOn(found: Found, known: readonly Migration[]): Verdict {
  const { database, journal } = found;
  if (database.state === "opened") return verdictOnRows(found, database.rows, known);
  if (database.state === "other-version") return refuse(DATABASE_FAULTS[database.state], database.found);
  const words = database.state === "absent" ? "store/ is not there" : database.found;
  if (journal.state === "damaged") return refuse("both-lost", `${words}, and ${damage(journal)}`);
  if (journal.state === "whole") {
    if (journal.rebuildFrom === null) return refuse("both-lost", `${words}, and the journal has no whole base`);
    return refuse(DATABASE_FAULTS[database.state], words);
  }
  if (database.state === "unfinished") return refuse("database-unfinished", words);
  if (database.state === "absent" && found.isFresh) return { do: "begin" };
  return refuse("both-lost", `${words}, and the journal is not there either`);
}

const damage = (scan: Extract<JournalScan, { state: "damaged" }>) =>
  `the journal is damaged after record ${scan.afterSequence}, in ${scan.segment}`;

function verdictOnRows(found: Found, rows: FoundRows, known: readonly Migration[]): Verdict {
  const { journal, isDoubtful } = found;
  const { unknown } = planMigrations(known, rows.applied);
  if (unknown.length > 0) return refuse("newer-schema", `it has taken the steps ${unknown.join(", ")}`);
  const doubt = "the machine went down while the store was open, so the database alone is not enough";
  if (journal.state === "damaged") {
    return isDoubtful
      ? refuse("both-lost", `${damage(journal)}; ${doubt}`)
      : refuse("journal-damaged", `after record ${journal.afterSequence}, in ${journal.segment}`);
  }
  if (journal.state === "empty") {
    if (rows.last === null) return { do: "go-on", missing: [], isRemade: false, schema: null };
    const missing = recordsAfter(rows, START);
    if (missing !== null) return goOn(found, rows, { missing, before: null, known });
    if (isDoubtful) return refuse("both-lost", `the journal is not there; ${doubt}`);
    return refuse("journal-missing", `the rows go up to record ${rows.last.sequence}`);
  }
  const before = journal;
  if (rows.last === null) {
    const ofJournal = `the journal goes up to record ${journal.last.sequence}`;
    if (rows.hasRows) return refuse("journal-foreign", `the rows were never journaled; ${ofJournal}`);
    if (!isDoubtful) return refuse("database-missing", `the database is empty; ${ofJournal}`);
    return goOn(found, rows, { missing: [], before, known });
  }
  if (rows.last.sequence > journal.last.sequence) {
    const missing = recordsAfter(rows, journal.last);
    if (missing !== null) return goOn(found, rows, { missing, before, known });
    const lacking = `the rows go up to record ${rows.last.sequence}, the journal to ${journal.last.sequence}`;
    return isDoubtful ? refuse("both-lost", `${lacking}; ${doubt}`) : refuse("journal-behind", lacking);
  }
  const isOlder = rows.last.sequence < journal.first - 1;
  if (!(isOlder && isDoubtful) && digestIn(journal, rows.last) !== rows.last.sha256) {
    return refuse("journal-foreign", `they differ at record ${rows.last.sequence}`);
  }
  return goOn(found, rows, { missing: [], before, known });
}

/** What the journal says that the record of a position digests to; null where it does not reach that far back. */
function digestIn(journal: Whole, { sequence }: Position): string | null {
  return sequence === journal.first - 1 ? journal.firstPrevious : journal.wantedSha256;
}

function goOn(
  found: Found,
  rows: FoundRows,
  of: { missing: SealedRecord[]; before: Whole | null; known: readonly Migration[] },
): Verdict {
  const { missing, before, known } = of;
  const isBehind = before !== null && missing.length === 0 && (rows.last?.sequence ?? 0) < before.last.sequence;
  const isRemade = found.isDoubtful || isBehind;
  const first = known[0]?.at ?? 0;
  const base = wholeBase(missing);
  const schema = base?.schema ?? before?.schema ?? schemaOf(missing[0]) ?? first;
  if (!isRemade) return { do: "go-on", missing, isRemade, schema };
  if (before?.rebuildFrom === null && base === null) {
    return refuse("both-lost", "the journal has no whole base, and the database may lack what was committed last");
  }
  const newest = rows.applied.at(-1);
  if (newest !== undefined && newest > schema) {
    return refuse("database-unreadable", "the machine went down while it was migrated, and its new rows are not whole");
  }
  return { do: "go-on", missing, isRemade, schema };
}

const schemaOf = (record: SealedRecord | undefined) =>
  record === undefined ? undefined : parseRecord(record.line)?.schema;

/** The newest whole base among records; what it lacks at its front is in the journal already. */
function wholeBase(records: readonly SealedRecord[]): { schema: number | undefined } | null {
  for (const record of records.toReversed()) {
    const entry = parseRecord(record.line);
    if (entry !== null && endsBase(entry)) return { schema: entry.schema };
  }
  return null;
}
