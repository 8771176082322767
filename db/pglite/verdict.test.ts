import { describe, expect, it } from "vitest";
import { JOURNAL_START, type SealedRecord, sealRecord } from "../journal/journal-frame";
import type { JournalScan } from "../journal/read-journal";
import type { Migration } from "../migrate";
import type { FoundRows } from "./stored-records";
import { type Found, verdictOn } from "./verdict";

const known: Migration[] = [10, 20].map((at) => ({ name: `step_${at}`, at, sha256: "", statements: [] }));

/** Records 1 to `count` of one history; those from `base` on are a base of the newest schema. */
function history(count: number, base = count + 1, text = ""): SealedRecord[] {
  const records: SealedRecord[] = [];
  for (let sequence = 1; sequence <= count; sequence += 1) {
    const previous = records.at(-1)?.sha256 ?? JOURNAL_START;
    const isBase = sequence >= base;
    const part = { part: sequence - base, parts: count - base + 1 };
    const about = isBase ? { schema: 20, base: part } : { schema: 10 };
    records.push(sealRecord({ sequence, previous, at: text, ...about, changes: [] }));
  }
  return records;
}
const positionOf = (record: SealedRecord | undefined) =>
  record === undefined ? null : { sequence: record.sequence, sha256: record.sha256 };

/** A journal that holds `records`, asked for the newest one of `rows`. */
function journalOf(records: SealedRecord[], rows: FoundRows): JournalScan {
  const last = positionOf(records.at(-1));
  if (last === null) return { state: "empty", tornBytes: 0 };
  const wanted = records.find(({ sequence }) => sequence === rows.last?.sequence);
  return {
    state: "whole",
    first: 1,
    firstPrevious: JOURNAL_START,
    last,
    records: records.length,
    rebuildFrom: 1,
    schema: 10,
    baseBytes: 0,
    bytesSinceBase: 0,
    tornBytes: 0,
    wantedSha256: wanted?.sha256 ?? null,
  };
}
const rowsOf = (records: SealedRecord[], more: Partial<FoundRows> = {}): FoundRows => ({
  applied: [10],
  last: positionOf(records.at(-1)),
  records,
  hasRows: records.length > 0,
  ...more,
});
function verdict(rows: FoundRows, journal: SealedRecord[] | JournalScan, more: Partial<Found> = {}) {
  const scan = Array.isArray(journal) ? journalOf(journal, rows) : journal;
  return verdictOn(
    { database: { state: "opened", rows }, journal: scan, isDoubtful: false, isFresh: false, ...more },
    known,
  );
}
const DAMAGED: JournalScan = { state: "damaged", afterSequence: 1, segment: "s" };
const doubtful = { isDoubtful: true };

describe("the verdict on a data folder", () => {
  it("is to begin only where there is nothing, and never was", () => {
    const empty: JournalScan = { state: "empty", tornBytes: 0 };
    const found = { database: { state: "absent" as const }, journal: empty, isDoubtful: false };
    expect(verdictOn({ ...found, isFresh: true }, known)).toEqual({ do: "begin" });
    expect(verdictOn({ ...found, isFresh: false }, known)).toMatchObject({ fault: "both-lost" });
  });

  it("completes the journal with what the rows have and it has not, and makes no row anew for it", () => {
    const all = history(4);
    const missing = all.slice(2);
    expect(verdict(rowsOf(all), all.slice(0, 2))).toEqual({ do: "go-on", missing, isRemade: false, schema: 10 });
    expect(verdict(rowsOf(missing), all.slice(0, 2))).toMatchObject({ do: "go-on", missing });
    expect(verdict(rowsOf(all), [])).toMatchObject({ do: "go-on", missing: all });
  });

  it("goes on unchanged where both say the same, and makes the rows where the journal is ahead or the machine went down", () => {
    const all = history(4);
    expect(verdict(rowsOf(all), all)).toEqual({ do: "go-on", missing: [], isRemade: false, schema: 10 });
    expect(verdict(rowsOf(all.slice(0, 2)), all)).toMatchObject({ do: "go-on", isRemade: true });
    expect(verdict(rowsOf(all), all, doubtful)).toMatchObject({ do: "go-on", isRemade: true });
    expect(verdict(rowsOf([]), all, doubtful)).toMatchObject({ do: "go-on", isRemade: true });
  });

  it("refuses whatever would need a choice between rows and journal", () => {
    const all = history(4);
    const other = history(4, 5, "other");
    expect(verdict(rowsOf(other), all)).toMatchObject({ fault: "journal-foreign" });
    expect(verdict(rowsOf(other), all.slice(0, 2))).toMatchObject({ fault: "journal-behind" });
    expect(verdict(rowsOf(all.slice(3)), all.slice(0, 2))).toMatchObject({ fault: "journal-behind" });
    expect(verdict(rowsOf([], { hasRows: true }), all)).toMatchObject({ fault: "journal-foreign" });
    expect(verdict(rowsOf([]), all)).toMatchObject({ fault: "database-missing" });
    expect(verdict(rowsOf(all.slice(2)), [])).toMatchObject({ fault: "journal-missing" });
    expect(verdict(rowsOf(all), DAMAGED)).toMatchObject({ fault: "journal-damaged" });
    expect(verdict(rowsOf(all, { applied: [10, 30] }), all)).toMatchObject({ fault: "newer-schema" });
  });

  it("trusts no database alone once the machine went down", () => {
    const all = history(4);
    expect(verdict(rowsOf(all), DAMAGED, doubtful)).toMatchObject({ fault: "both-lost" });
    expect(verdict(rowsOf(all.slice(2)), [], doubtful)).toMatchObject({ fault: "both-lost" });
    expect(verdict(rowsOf(all.slice(3)), all.slice(0, 2), doubtful)).toMatchObject({ fault: "both-lost" });
  });

  it("takes a migration that was killed for done where the rows have its whole base, and for lost where they have not", () => {
    const all = history(4, 3);
    const migrated = { applied: [10, 20] };
    expect(verdict(rowsOf(all, migrated), all.slice(0, 2), doubtful)).toMatchObject({ do: "go-on", schema: 20 });
    expect(verdict(rowsOf(all, migrated), all.slice(0, 3))).toMatchObject({ missing: all.slice(3), schema: 20 });
    const withoutBase = verdict(rowsOf(all.slice(0, 2), migrated), all.slice(0, 2), doubtful);
    expect(withoutBase).toMatchObject({ fault: "database-unreadable" });
  });

  it("takes an older database for one of this history only as far as the journal reaches back, unless it is made anew", () => {
    const all = history(6);
    const older = rowsOf(all.slice(0, 2));
    const whole = journalOf(all, older);
    if (whole.state !== "whole") throw new Error("a whole journal");
    const begun = (first: number): JournalScan => ({
      ...whole,
      first,
      firstPrevious: all[first - 2]?.sha256 ?? "",
      wantedSha256: null,
    });
    expect(verdict(older, begun(3))).toMatchObject({ do: "go-on", isRemade: true });
    expect(verdict(older, begun(5))).toMatchObject({ fault: "journal-foreign" });
    expect(verdict(older, begun(5), doubtful)).toMatchObject({ do: "go-on", isRemade: true });
    expect(verdict(rowsOf(history(2, 3, "other")), begun(3), doubtful)).toMatchObject({ fault: "journal-foreign" });
  });
});
