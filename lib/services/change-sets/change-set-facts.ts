import { inArray } from "drizzle-orm";
import { programs } from "@/db/schema";
import type { Database } from "@/db/store";
import type { ChangeSetFacts } from "@/lib/domain/change-set-lifecycle";
import { isLasting } from "@/lib/domain/check-edits";
import { appIdOf, type Member, type MemberValues, personIdOf, publisherIdOf } from "@/lib/domain/members";
import { type ChangeRow, isListing, type LoadedSet, memberOf } from "./change-set-rows";
import { findMakers, type Makers, versionsOfUnknownMaker } from "./find-makers";

/** What the rules of §6 look at, for each of the sets. `isNarrowing` is as last looked at; deciding verbs prove it anew. */
export async function factsOf(db: Database, sets: readonly LoadedSet[], nowMs: number): Promise<ChangeSetFacts[]> {
  const appIds = [...new Set(sets.flatMap((set) => set.changes.flatMap((change) => concernedApps(memberOf(change)))))];
  const owners =
    appIds.length === 0
      ? []
      : await db
          .select({ appId: programs.appId, publisherId: programs.publisherId })
          .from(programs)
          .where(inArray(programs.appId, appIds));
  const publisherOf = new Map(owners.map((owner) => [owner.appId, owner.publisherId]));
  const concerned = sets.map(({ changes }) => concernedPublishers(changes, publisherOf));
  const makers = await findMakers(db, [...new Set(concerned.flat())], nowMs);
  const waiting = sets.filter(({ row }) => isListing(row) && row.state === "proposed");
  const unknown = await versionsOfUnknownMaker(
    db,
    waiting.flatMap(({ changes }) => changes.map(({ member }) => member)),
  );
  return sets.map((set, index) => toFacts(set, concerned[index] ?? [], makers, unknown));
}

function concernedPublishers(changes: readonly ChangeRow[], publisherOf: ReadonlyMap<string, string>): string[] {
  const ids = changes.flatMap((change) => {
    const member = memberOf(change);
    const owners = concernedApps(member).map((appId) => publisherOf.get(appId) ?? null);
    return [publisherIdOf(member), ...owners, ...namedPublishers(change)];
  });
  return [...new Set(ids.filter((id) => id !== null))];
}

function toFacts(
  { row, changes }: LoadedSet,
  publisherIds: readonly string[],
  makers: Makers,
  unknown: ReadonlySet<string>,
): ChangeSetFacts {
  const members = changes.map(memberOf);
  const directions = changes.map((change) => change.direction);
  const madeFor = (made: ReadonlyMap<string, readonly string[]>) => [
    ...new Set(publisherIds.flatMap((id) => made.get(id) ?? [])),
  ];
  return {
    state: row.state,
    ownerId: row.ownerId,
    isNarrowing: row.isNarrowing,
    isListing: isListing(row),
    isMixed: directions.includes("widens") && directions.some((direction) => direction !== "widens"),
    kinds: [...new Set(members.map((member) => member.kind))],
    isReversible: changes.every((change) => change.before !== null || !isLasting(memberOf(change).kind)),
    publisherIds,
    tokenMakerIds: madeFor(makers.ofTokens),
    keyMakerIds: madeFor(makers.ofKeys),
    isOfUnknownMaker: isListing(row) && row.state === "proposed" && changes.some(({ member }) => unknown.has(member)),
    personIds: [...new Set(members.flatMap((member) => personIdOf(member) ?? []))],
    approvedBy: row.state === "approved" || row.state === "published" ? row.decidedBy : null,
    publishedBy: row.publishedBy,
    publishedAtMs: row.publishedAt?.getTime() ?? null,
    isUndone: row.undoneBy !== null,
  };
}

/** The program that a member belongs to, and the one that a receiver opens it to. */
function concernedApps(member: Member): string[] {
  const appId = appIdOf(member);
  if (appId === null) return [];
  return member.kind === "receiver" ? [appId, member.fromAppId] : [appId];
}

/** Publishers that a value names: a person's, before and after. */
function namedPublishers(change: ChangeRow): (string | null)[] {
  if (memberOf(change).kind !== "person") return [];
  const values = [change.before, change.after] as (MemberValues["person"] | null)[];
  return values.map((value) => value?.publisherId ?? null);
}
