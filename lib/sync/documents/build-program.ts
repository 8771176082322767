import type { Unread } from "@/db/published-members";
import type { Database } from "@/db/store";
import { policyState } from "@/lib/domain/policy-state";
import { type ProgramContent, projectProgram } from "@/lib/domain/project-program";
import { readProgramEntries } from "./read-entries";

export type BuiltProgram = { body: ProgramContent } | { body: null; unread: Unread };

/**
 * What a program's document says, from the published rows (spec §4). Null where no such program is registered; without a
 * body where something that is published cannot be read.
 */
export async function buildProgram(db: Database, appId: string): Promise<BuiltProgram | null> {
  const { entries, unread } = await readProgramEntries(db, appId);
  const [first] = unread;
  if (first !== undefined) return { body: null, unread: first };
  return entries.length === 0 ? null : { body: projectProgram(policyState(entries), appId) };
}
