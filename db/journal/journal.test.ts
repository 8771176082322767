import { describe, expect, it } from "vitest";
import { memoryJournalFs } from "../testing/memory-journal-fs";
import { frameRecord, JOURNAL_START, type SealedRecord, sealRecord } from "./journal-frame";
import { createJournalWriter } from "./journal-writer";
import { dropSegmentsBefore, readJournal, scanJournal, segmentName } from "./read-journal";

const START = { sequence: 0, sha256: JOURNAL_START };

/** Records 1 to `count`, each naming its predecessor; `text` makes other ones of the same numbers. */
function chain(count: number, text = "x"): SealedRecord[] {
  const records: SealedRecord[] = [];
  for (let sequence = 1; sequence <= count; sequence += 1) {
    const previous = records.at(-1)?.sha256 ?? JOURNAL_START;
    const changes = [{ relation: "publishers", op: "put" as const, row: { id: `${text}${sequence}`, name: "é\n\0" } }];
    records.push(sealRecord({ sequence, previous, at: "2026-03-01T00:00:00.000Z", changes }));
  }
  return records;
}
const joined = (records: SealedRecord[]) => Buffer.concat(records.map(frameRecord));
const place = (...segments: [sequence: number, attempt: number, data: Uint8Array][]) => {
  const fs = memoryJournalFs();
  for (const [sequence, attempt, data] of segments) fs.files.set(`j/${segmentName(sequence, attempt)}`, data);
  return fs;
};

describe("a journal", () => {
  it("cut off at any byte of its last record is whole up to the one before it", async () => {
    const records = chain(3);
    const data = joined(records);
    const second = joined(records.slice(0, 2)).length;
    for (let length = second; length < data.length; length += 1) {
      const scan = await scanJournal(place([1, 0, data.subarray(0, length)]), "j");
      expect(scan).toMatchObject({ state: "whole", last: { sequence: 2 }, tornBytes: length - second });
    }
    expect(await scanJournal(place([1, 0, data]), "j")).toMatchObject({ last: { sequence: 3 }, tornBytes: 0 });
  });

  it("with any one bit flipped before its last record is damaged; in its last record the rest stands", async () => {
    const records = chain(3);
    const data = joined(records);
    const second = joined(records.slice(0, 2)).length;
    for (let offset = 0; offset < data.length; offset += 1) {
      const flipped = Buffer.from(data);
      flipped[offset] = (flipped[offset] ?? 0) ^ 4;
      const scan = await scanJournal(place([1, 0, flipped]), "j");
      if (offset < second) expect(scan, `byte ${offset}`).toMatchObject({ state: "damaged" });
      else expect(scan, `byte ${offset}`).toMatchObject({ state: "whole", last: { sequence: 2 } });
    }
  });

  it("may have an unfinished end in every segment, and a last record that was written twice", async () => {
    const [a, b, c] = chain(3);
    if (a === undefined || b === undefined || c === undefined) throw new Error("three records");
    const half = frameRecord(c).subarray(0, 50);
    const fs = place([1, 0, joined([a, b])], [2, 0, joined([b])], [3, 0, half], [3, 1, joined([c])]);
    expect(await scanJournal(fs, "j")).toMatchObject({ state: "whole", records: 3, last: { sequence: 3 } });
  });

  it("is damaged when a segment is missing, when segments are of two histories, or when it begins in the middle", async () => {
    const records = chain(4);
    const other = chain(4, "y");
    const first = joined(records.slice(0, 2));
    expect(await scanJournal(place([1, 0, first], [4, 0, joined(records.slice(3))]), "j")).toMatchObject({
      state: "damaged",
      afterSequence: 2,
    });
    expect(await scanJournal(place([1, 0, first], [3, 0, joined(other.slice(2))]), "j")).toMatchObject({
      state: "damaged",
    });
    expect(await scanJournal(place([3, 0, joined(records.slice(2))]), "j")).toMatchObject({ state: "damaged" });
  });

  it("rebuilds from its newest whole base, and from no half one", async () => {
    const [first] = chain(1);
    const previous = first?.sha256 ?? "";
    const base = (sequence: number, before: string, part: number, parts: number) =>
      sealRecord({ sequence, previous: before, at: "t", base: { part, parts }, changes: [] });
    const one = base(2, previous, 0, 2);
    const two = base(3, one.sha256, 1, 2);
    const half = base(4, two.sha256, 0, 2);
    if (first === undefined) throw new Error("one record");
    const scan = await scanJournal(place([1, 0, joined([first, one, two, half])]), "j");
    expect(scan).toMatchObject({ state: "whole", rebuildFrom: 2, last: { sequence: 4 } });
    expect(await scanJournal(place([4, 0, joined([half])]), "j")).toMatchObject({ rebuildFrom: null });
    const read: number[] = [];
    const fs = place([1, 0, joined([first, one, two, half])]);
    for await (const record of readJournal(fs, "j", 2)) read.push(record.sequence);
    expect(read).toEqual([2, 3, 4]);
  });

  it("counts from the newest segment that begins with a whole base, and what lies before it can go", async () => {
    const [first, second] = chain(2);
    if (first === undefined || second === undefined) throw new Error("two records");
    const base = (sequence: number, previous: string, part: number) =>
      sealRecord({ sequence, previous, at: "t", schema: 7, base: { part, parts: 2 }, changes: [] });
    const one = base(3, second.sha256, 0);
    const two = base(4, one.sha256, 1);
    const next = sealRecord({ sequence: 5, previous: two.sha256, at: "t", schema: 7, changes: [] });
    const half = base(6, next.sha256, 0);
    const fs = place([1, 0, joined([first, second])], [3, 0, joined([one, two, next])], [6, 0, joined([half])]);
    const whole = { state: "whole", first: 3, rebuildFrom: 3, schema: 7, last: { sequence: 6 } };
    expect(await scanJournal(fs, "j")).toMatchObject({ ...whole, firstPrevious: second.sha256 });
    fs.files.set(`j/${segmentName(1, 0)}`, Buffer.from("garbled"));
    expect(await scanJournal(fs, "j")).toMatchObject(whole);
    await dropSegmentsBefore(fs, "j", 3);
    expect([...fs.files.keys()]).toEqual([`j/${segmentName(3, 0)}`, `j/${segmentName(6, 0)}`]);
    expect(await scanJournal(fs, "j")).toMatchObject(whole);
  });

  it("keeps every appended record through power loss, whichever operation fails before", async () => {
    const records = chain(4);
    for (let failing = 1; failing <= 40; failing += 1) {
      const fs = memoryJournalFs();
      fs.failWhen((operation) => operation === failing);
      const writer = createJournalWriter(fs, "j", START);
      let appended = 0;
      for (const record of records) {
        try {
          await writer.append(record);
        } catch {
          await writer.append(record);
        }
        appended = record.sequence;
        expect(writer.last).toEqual({ sequence: record.sequence, sha256: record.sha256 });
      }
      fs.failWhen(() => false);
      fs.losePower();
      expect(await scanJournal(fs, "j"), `operation ${failing}`).toMatchObject({
        state: "whole",
        last: { sequence: appended },
        records: 4,
      });
    }
  });
});
