import { inArray } from "drizzle-orm";
import { programs } from "@/db/schema";
import type { Database } from "@/db/store";
import type { ChangeSetFacts } from "@/lib/domain/change-set-lifecycle";
import { isLasting } from "@/lib/domain/check-edits";
import { appIdOf, type Member, type MemberValues, personIdOf, publisherIdOf } from "@/lib/domain/members";
import { type ChangeRow, isListing, type LoadedSet, memberOf } from "./change-set-rows";

/** What the rules of §6 look at, for each of the sets. `isNarrowing` is as last looked at; deciding verbs prove it anew. */
export async function factsOf(db: Database, sets: readonly LoadedSet[]): Promise<ChangeSetFacts[]> {
  const appIds = [...new Set(sets.flatMap((set) => set.changes.flatMap((change) => concernedApps(memberOf(change)))))];
  const owners =
    appIds.length === 0
      ? []
      : await db
          .select({ appId: programs.appId, publisherId: programs.publisherId })
          .from(programs)
          .where(inArray(programs.appId, appIds));
  const publisherOf = new Map(owners.map((owner) => [owner.appId, owner.publisherId]));
  return sets.map((set) => toFacts(set, publisherOf));
}

function toFacts({ row, changes }: LoadedSet, publisherOf: ReadonlyMap<string, string>): ChangeSetFacts {
  const members = changes.map(memberOf);
  const directions = changes.map((change) => change.direction);
  const publisherIds = changes.flatMap((change) => {
    const member = memberOf(change);
    const owners = concernedApps(member).map((appId) => publisherOf.get(appId) ?? null);
    return [publisherIdOf(member), ...owners, ...namedPublishers(change)];
  });
  return {
    state: row.state,
    ownerId: row.ownerId,
    isNarrowing: row.isNarrowing,
    isListing: isListing(row),
    isMixed: directions.includes("widens") && directions.some((direction) => direction !== "widens"),
    kinds: [...new Set(members.map((member) => member.kind))],
    isReversible: changes.every((change) => change.before !== null || !isLasting(memberOf(change).kind)),
    publisherIds: [...new Set(publisherIds.filter((id) => id !== null))],
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
