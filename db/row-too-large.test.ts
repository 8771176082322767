import { describe, expect, it } from "vitest";
import { refusalOf } from "./pglite/opening-fault";
import { onRowsOf, RowTooLarge } from "./row-too-large";

const raising = (error: unknown) => onRowsOf("audit_entries", () => Promise.reject(error));
const outOfMemory = Object.assign(new Error("out of memory"), { code: "53200", severity: "ERROR" });

describe("a row that there is no room for", () => {
  it("is told by its table, once, whoever has no room", async () => {
    await expect(raising(outOfMemory)).rejects.toThrow("audit_entries: out of memory");
    await expect(raising(new RangeError("Invalid string length"))).rejects.toBeInstanceOf(RowTooLarge);
    await expect(onRowsOf("people", () => raising(outOfMemory))).rejects.toThrow(/^audit_entries: out of memory$/);
  });

  it("is a fault of its own at opening, and not taken for a database that cannot be read", async () => {
    const raised: unknown = await raising(outOfMemory).catch((error: unknown) => error);
    expect(refusalOf(raised, { dataDir: "/data/x", isUnchanged: true })).toMatchObject({
      details: [{ code: "row-too-large", message: "audit_entries: out of memory" }],
    });
  });

  it("is nothing else: what the disk or a statement says comes out as it is", async () => {
    const full = Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
    await expect(raising(full)).rejects.toBe(full);
  });
});
