import { and, eq, inArray } from "drizzle-orm";
import { denialAcknowledgements, denialMends, denialSightings, people } from "@/db/schema";
import type { Database } from "@/db/store";
import type { Acknowledged, MendedCause } from "@/lib/contracts/programs";
import { type DocumentPair, isMendable, isMended, type ToldRefusal } from "@/lib/domain/denials/replay";
import { addSaturating } from "@/native/core/telemetry/add-saturating";
import { newestPlatformClaims, newestProgramClaims } from "../programs/newest-claims";
import { numbersOf } from "./decided-revisions";
import { toldByMembers } from "./told-refusal";

/** What is known of a cause beside its counts. */
export type CauseState = { mended: MendedCause | null; acknowledged: Acknowledged | null };

type Mend = typeof denialMends.$inferSelect;
type Sighting = typeof denialSightings.$inferSelect;

/** The documents in force for a program; null before its first publish. */
export async function readInForce(db: Database, appId: string): Promise<DocumentPair | null> {
  const program = await newestProgramClaims(db, appId);
  const platform = await newestPlatformClaims(db);
  return program === null || platform === null ? null : { program: program.claims, platform: platform.claims };
}

/**
 * Whether causes are mended by what is in force, for each purpose for which they were seen, and since which decision and with how many
 * calls through; and who acknowledged them. `told` is what is known of those that were not seen apart yet.
 */
export async function readCauseStates(
  db: Database,
  appId: string,
  told: ReadonlyMap<string, ToldRefusal>,
  nowMs: number,
): Promise<Map<string, CauseState>> {
  const causes = [...told.keys()];
  if (causes.length === 0) return new Map();
  const sightings = groupOf(
    await db
      .select()
      .from(denialSightings)
      .where(and(eq(denialSightings.appId, appId), inArray(denialSightings.cause, causes))),
  );
  const mends = groupOf(
    await db
      .select()
      .from(denialMends)
      .where(and(eq(denialMends.appId, appId), inArray(denialMends.cause, causes))),
  );
  const acknowledged = await readAcknowledged(db, appId, causes, sightings);
  const isAnyMendable = [...told.values()].some(({ code }) => isMendable(code));
  const pair = isAnyMendable ? await readInForce(db, appId) : null;
  const numbers = await numbersOf(db, [...mends.values()].flat());
  return new Map(
    [...told].map(([cause, known]) => {
      const seen = purposesOf(sightings.get(cause) ?? []);
      const all = seen.length === 0 ? [known] : seen;
      const isMendedNow = pair !== null && all.every((one) => isMended(one, pair, Math.floor(nowMs / 1000)));
      const kept = mends.get(cause) ?? [];
      return [
        cause,
        {
          mended: isMendedNow ? together(all, kept, numbers) : null,
          acknowledged: acknowledged.get(cause) ?? null,
        },
      ];
    }),
  );
}

/** A cause once for each purpose. */
export function purposesOf(sightings: readonly Sighting[]): ToldRefusal[] {
  const byPurpose = new Map(sightings.map((one) => [one.purpose, one]));
  return [...byPurpose.values()].map(({ versionCode, about, purpose }) =>
    toldByMembers(versionCode, { ...about, purpose: purpose === "" ? null : purpose }),
  );
}

/** Of all purposes: mended when the last of them was. Without a decision where one of them is not judged yet, or none is known. */
function together(
  all: readonly ToldRefusal[],
  kept: readonly Mend[],
  numbers: ReadonlyMap<string, number>,
): MendedCause {
  const through = kept.reduce((sum, mend) => addSaturating(sum, mend.through), 0);
  const isAtLeast = kept.some((mend) => mend.isAtLeast);
  const [last] = [...kept].sort((a, b) => b.at.getTime() - a.at.getTime());
  if (last === undefined || all.some(({ purpose }) => kept.every((mend) => mend.purpose !== (purpose ?? "")))) {
    return { since: null, isFirst: false, through, isAtLeast };
  }
  return { since: toDecision(last, numbers), isFirst: last.isFirst, through, isAtLeast };
}

/** The decision of a mend, as pages name it. */
export function toDecision(
  { document, epoch, revision, at, changeSetId }: Mend,
  numbers: ReadonlyMap<string, number>,
): NonNullable<MendedCause["since"]> {
  return {
    ...{ document, position: { epoch, revision }, at: at.toISOString(), changeSetId },
    changeSetNumber: numbers.get(changeSetId ?? "") ?? null,
  };
}

/** Who said that these causes need nobody, and where they were seen that was not known then. */
async function readAcknowledged(
  db: Database,
  appId: string,
  causes: readonly string[],
  sightings: ReadonlyMap<string, readonly Sighting[]>,
): Promise<Map<string, Acknowledged>> {
  const rows = await db
    .select({ acknowledged: denialAcknowledgements, name: people.name })
    .from(denialAcknowledgements)
    .leftJoin(people, eq(people.id, denialAcknowledgements.personId))
    .where(and(eq(denialAcknowledgements.appId, appId), inArray(denialAcknowledgements.cause, [...causes])));
  return new Map(
    rows.map(({ acknowledged: { cause, personId, at, reason, seen }, name }) => {
      const all = sightings.get(cause) ?? [];
      const newIn = (of: "purpose" | "runtimeKind") => [
        ...new Set(all.filter((one) => seen.every((known) => known[of] !== one[of])).map((one) => one[of])),
      ];
      const [newPurposes, newRuntimes] = [newIn("purpose"), newIn("runtimeKind")];
      return [
        cause,
        {
          ...{ by: { id: personId, name: name ?? personId }, at: at.toISOString(), reason, newPurposes, newRuntimes },
          isOpenAgain: newPurposes.length + newRuntimes.length > 0,
        },
      ];
    }),
  );
}

function groupOf<Row extends { cause: string }>(rows: readonly Row[]): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) groups.set(row.cause, [...(groups.get(row.cause) ?? []), row]);
  return groups;
}

/** The same of one cause; null where nobody did. */
export async function readAcknowledgedOf(db: Database, appId: string, cause: string): Promise<Acknowledged | null> {
  const sightings = await db
    .select()
    .from(denialSightings)
    .where(and(eq(denialSightings.appId, appId), eq(denialSightings.cause, cause)));
  return (await readAcknowledged(db, appId, [cause], groupOf(sightings))).get(cause) ?? null;
}
