import { describe, expect, it } from "vitest";
import { checkNewestDocument } from "./check-newest-document";

describe("which document is the newest", () => {
  it.each([
    "orderBy(desc(documents.epoch), desc(documents.revision))",
    "max(documents.revision)",
    'select("select max(revision) from documents")',
    'select("select jws from documents order by epoch desc, revision desc")',
  ])("is decided in one place: %s", (text) => {
    expect(checkNewestDocument("lib/services/x.ts", text)).toHaveLength(1);
    expect(checkNewestDocument("db/newest-document.ts", text)).toEqual([]);
  });

  it("is not meant where keysets are ordered, which have one revision for all epochs", () => {
    expect(checkNewestDocument("lib/sync/x.ts", "from(keysets).orderBy(desc(keysets.revision))")).toEqual([]);
  });
});
