import { expect } from "vitest";
import { brokenInvariants, type Told } from "./invariants";
import { rowsOfFolder } from "./read-rows";

/** Holds the invariants against a folder whose server is stopped. What was not told of is nothing. */
export async function expectInvariants(dataDir: string, told: Partial<Told> = {}): Promise<void> {
  const rows = await rowsOfFolder(dataDir);
  try {
    expect(await brokenInvariants(rows, { decisions: [], batches: [], ...told })).toEqual([]);
  } finally {
    await rows.close();
  }
}
