import { rmSync } from "node:fs";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { describe, expect, it } from "vitest";
import { withDataFolder } from "../testing/data-folder";
import { UndoableFs } from "./undoable-fs";

const folder = withDataFolder();
const WORK = `
create table strange as select generate_series(1, 20000) as number;
update strange set number = number + 1;
truncate journal_records;
drop table strange;
checkpoint;
`;

describe("a database folder whose writes are remembered", () => {
  it("is byte for byte as it was after an undo, whatever was made, written, cut, renamed and removed", async () => {
    const before = folder.tree();
    const fs = new UndoableFs(join(folder.path, "store"));
    const client = await PGlite.create({ fs });
    await client.exec(WORK);
    await client.close();
    expect(folder.tree()).not.toEqual(before);
    expect(fs.undo()).toBe(true);
    expect(folder.tree()).toEqual(before);
  });

  it("is not touched by an undo when more was written than is remembered, or when it was kept", async () => {
    for (const [bytesMax, isKept] of [
      [8192, false],
      [2 ** 30, true],
    ] as const) {
      const fs = new UndoableFs(join(folder.path, "store"), bytesMax);
      const client = await PGlite.create({ fs });
      if (isKept) fs.keep();
      await client.exec(WORK);
      await client.close();
      const after = folder.tree();
      expect(fs.undo()).toBe(false);
      expect(folder.tree()).toEqual(after);
    }
  });

  it("says in the database's own words why it does not open", async () => {
    rmSync(join(folder.path, "store", "base"), { recursive: true });
    const before = folder.tree();
    const fs = new UndoableFs(join(folder.path, "store"));
    await expect(PGlite.create({ fs })).rejects.toThrow();
    expect(fs.lastWords).toMatch(/base|database/);
    expect(fs.undo()).toBe(true);
    expect(folder.tree()).toEqual(before);
  });
});
