import { inArray, or } from "drizzle-orm";
import { type Unread, unreadable } from "@/db/published-members";
import { people, programs, publisherKeys, publishers } from "@/db/schema";
import type { Database } from "@/db/store";
import { kindOf } from "@/lib/domain/kinds";
import { formatMember } from "@/lib/domain/member-keys";
import { appIdOf, type Entry, type Member, personIdOf, publisherIdOf } from "@/lib/domain/members";
import { type Edit, type PolicyState, policyState } from "@/lib/domain/policy-state";
import { readEntriesOf, readPlatformEntries } from "@/lib/sync/documents/read-entries";

/**
 * What is published, as far as these members reach: the whole platform, each program named with its publisher, and
 * everybody where a person is concerned. Inside a transaction pass `tx.db`. Raises `unavailable` where one of them, or
 * what is judged with it, cannot be read.
 */
export async function loadState(
  db: Database,
  members: readonly Member[],
  edits: readonly Edit[] = [],
): Promise<PolicyState> {
  const appIds = unique(members.map(appIdOf));
  const publisherIds = new Set(unique(members.map(publisherIdOf)));
  for (const { entry } of edits) {
    if (entry?.kind === "registration" || (entry?.kind === "person" && entry.value.publisherId !== null)) {
      publisherIds.add(entry.value.publisherId ?? "");
    }
  }
  const kids = members.flatMap((member) => (member.kind === "publisher-key" ? [member.kid] : []));
  const isOfPeople = members.some((member) => personIdOf(member) !== null);
  const [platform, found, ...others] = await Promise.all([
    readPlatformEntries(db),
    readEntriesOf(db, appIds),
    readPublishers(db, [...publisherIds], appIds),
    readKeys(db, kids),
    isOfPeople ? readPeople(db) : [],
  ]);
  requireJudged(platform.unread, members);
  const entries = [...platform.entries];
  for (const appId of appIds) {
    const program = found.get(appId);
    requireJudged(program?.unread ?? [], members, appId);
    entries.push(...(program?.entries ?? []));
  }
  return policyState([...entries, ...others.flat()]);
}

/**
 * What cannot be read is in the way of a change of itself, and of what is judged with it: hosts and limits of its
 * program. Whatever else is stopped, it does not wait for it. Raises `unavailable`, by name.
 */
function requireJudged(unread: readonly Unread[], members: readonly Member[], appId?: string): void {
  const isByEffect = members.some((one) => appIdOf(one) === appId && kindOf(one.kind).widens.by === "effect");
  const keys = new Set(members.map(formatMember));
  const first = unread.find(({ key }) => isByEffect || keys.has(key));
  if (first !== undefined) throw unreadable(first);
}

/** Those that are named, and those of these programs. */
async function readPublishers(db: Database, ids: string[], appIds: string[]): Promise<Entry[]> {
  if (ids.length === 0 && appIds.length === 0) return [];
  const own = db.select({ id: programs.publisherId }).from(programs).where(inArray(programs.appId, appIds));
  const rows = await db
    .select()
    .from(publishers)
    .where(or(inArray(publishers.id, ids), inArray(publishers.id, own)));
  return rows.map(({ id, name }) => ({
    kind: "publisher",
    member: { kind: "publisher", publisherId: id },
    value: { name },
  }));
}

/** By `kid`, whoever's they are: a key belongs to one publisher. */
async function readKeys(db: Database, kids: string[]): Promise<Entry[]> {
  if (kids.length === 0) return [];
  const rows = await db.select().from(publisherKeys).where(inArray(publisherKeys.kid, kids));
  return rows.map(({ publisherId, kid, jwk, status }) => ({
    kind: "publisher-key",
    member: { kind: "publisher-key", publisherId, kid },
    value: { jwk, status },
  }));
}

async function readPeople(db: Database): Promise<Entry[]> {
  const rows = await db.select().from(people);
  return rows.flatMap(({ id: personId, email, name, role, publisherId, state, signInLockedAt }): Entry[] => {
    const value = { email, name, role, publisherId, state };
    const person: Entry = { kind: "person", member: { kind: "person", personId }, value };
    if (signInLockedAt === null) return [person];
    return [person, { kind: "sign-in-lock", member: { kind: "sign-in-lock", personId }, value: true }];
  });
}

function unique(values: readonly (string | null)[]): string[] {
  return [...new Set(values.filter((value) => value !== null))];
}
