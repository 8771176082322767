import { expect } from "vitest";
import { brokenInvariants, type Told } from "./invariants";
import { type Rows, rowsOfFolder, rowsOfPostgres } from "./read-rows";

/** Holds the invariants against a folder whose server is stopped. What was not told of is nothing. */
export async function expectInvariants(dataDir: string, told: Partial<Told> = {}): Promise<void> {
  await holdInvariants(await rowsOfFolder(dataDir), told);
}

/** The same against a Postgres. */
export async function expectInvariantsOf(databaseUrl: string, told: Partial<Told> = {}): Promise<void> {
  await holdInvariants(await rowsOfPostgres(databaseUrl), told);
}

async function holdInvariants(rows: Rows, told: Partial<Told>): Promise<void> {
  try {
    expect(await brokenInvariants(rows, { decisions: [], batches: [], ...told })).toEqual([]);
  } finally {
    await rows.close();
  }
}
