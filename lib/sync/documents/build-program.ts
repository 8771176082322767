import type { Database } from "@/db/store";
import { policyState } from "@/lib/domain/policy-state";
import { type ProgramContent, projectProgram } from "@/lib/domain/project-program";
import { readProgramEntries } from "./read-entries";

/** What a program's document says, from the published rows (spec §4). Null where no such program is registered. */
export async function buildProgram(db: Database, appId: string): Promise<ProgramContent | null> {
  const entries = await readProgramEntries(db, appId);
  return entries.length === 0 ? null : projectProgram(policyState(entries), appId);
}
