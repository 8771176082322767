import type { Unread } from "@/db/published-members";
import type { Database } from "@/db/store";
import { policyState } from "@/lib/domain/policy-state";
import { type ProgramContent, projectProgram } from "@/lib/domain/project-program";
import { readEntriesOf } from "./read-entries";

export type BuiltProgram = { body: ProgramContent } | { body: null; unread: Unread };

/**
 * What the documents of these programs say, from the published rows (spec §4), by app id; without those that are not
 * registered. One is without a body where something of it that is published cannot be read.
 */
export async function buildPrograms(db: Database, appIds: readonly string[]): Promise<Map<string, BuiltProgram>> {
  const built = new Map<string, BuiltProgram>();
  for (const [appId, { entries, unread }] of await readEntriesOf(db, appIds)) {
    const [first] = unread;
    const body = () => projectProgram(policyState(entries), appId);
    built.set(appId, first === undefined ? { body: body() } : { body: null, unread: first });
  }
  return built;
}
