import { and, inArray, isNotNull, sql } from "drizzle-orm";
import { denialJudgements, denialMends, denialSightings, versions } from "@/db/schema";
import type { Database } from "@/db/store";
import { insertRows, isAnyOf, updateRows } from "@/db/write-rows";
import { findApi, findCapability } from "@/native/core/decide/catalog";
import { isNewerPosition, type Position } from "@/native/core/documents/position";
import { addSaturating } from "@/native/core/telemetry/add-saturating";
import { OTHER } from "@/native/core/telemetry/other";
import { aboutOf, eachDetail, holdCounts, type MinuteLists } from "./details-of-minute";
import { isOfItsSubject } from "./named-by-policy";

const HOUR_MS = 3_600_000;

/** What one increment says of denials and of what went through, and what its device enforced then. */
export type ToldOfDenials = {
  appId: string;
  versionCode: number;
  runtimeKind: string;
  at: Date;
  lists: MinuteLists;
  /** Of all that it counts, how much there is room for in its minute; where that is not all. */
  room: number | undefined;
  /** Null where it was not told. */
  applied: { platform: Position; program: Position } | null;
};

type Mend = typeof denialMends.$inferSelect;
export type Sighting = typeof denialSightings.$inferInsert;

/** Causes that have rows of their own, by program and cause, as `addDetails` answers with them. */
export const causeKeyOf = (appId: string, cause: string): string => `${appId} ${cause}`;

/**
 * For which purposes and in which runtimes causes were seen, of those that are told apart. A device is believed where its cause is that of
 * what it says.
 */
export async function readSightings(
  db: Database,
  told: readonly ToldOfDenials[],
  isToldApart: ReadonlySet<string>,
): Promise<Sighting[]> {
  const seen = new Map<string, Sighting & { firstAt: Date; lastAt: Date }>();
  /** What no cause is of: told in each minute again, and as dear to find out each time. */
  const disbelieved = new Set<string>();
  for (const { appId, versionCode, runtimeKind, at, lists } of told) {
    for (const denial of lists.denials) {
      const cause = String(denial.cause);
      if (!isToldApart.has(causeKeyOf(appId, cause))) continue;
      const purpose = isOfHost(denial) && typeof denial.purpose === "string" ? denial.purpose : "";
      const key = JSON.stringify([appId, cause, purpose, runtimeKind]);
      const known = seen.get(key);
      if (known === undefined) {
        const claim = JSON.stringify([appId, versionCode, cause, denial.code, denial.api, denial.host, denial.port]);
        if (disbelieved.has(claim)) continue;
        const about = aboutOf("cause", denial) ?? {};
        if (!isOfItsSubject(cause, { appId, versionCode, about })) {
          disbelieved.add(claim);
          continue;
        }
        seen.set(key, { appId, cause, purpose, runtimeKind, versionCode, about, firstAt: at, lastAt: at });
        continue;
      }
      if (at < known.firstAt) known.firstAt = at;
      if (at > known.lastAt) known.lastAt = at;
    }
  }
  return seen.size === 0 ? [] : await withoutImpossible(db, [...seen.values()]);
}

/** Notes sightings; a program with a new one is judged again. Whoever calls holds the lock of folding. */
export async function noteSightings(db: Database, seen: readonly Sighting[]): Promise<void> {
  if (seen.length === 0) return;
  const { lastAt } = denialSightings;
  const again = sql`on conflict (app_id, cause, purpose, runtime_kind) do update set last_at = excluded.last_at
    where ${lastAt} < excluded.last_at - ${sql.raw(`interval '${HOUR_MS} milliseconds'`)}
    returning app_id, xmax::text as was`;
  const written = await insertRows(db, denialSightings, [...seen], again);
  const appIds = [...new Set(written.flatMap(({ app_id: of, was }) => (was === "0" ? [String(of)] : [])))];
  if (appIds.length === 0) return;
  await insertRows(
    db,
    denialJudgements,
    appIds.map((appId) => ({ appId, judged: "" })),
    sql`on conflict (app_id) do update set judged = ${denialJudgements}.judged || '!'`,
  );
}

/** A purpose is told of a host, whatever the code; a denial about an API has none (spec 5.23). */
const isOfHost = ({ host }: Readonly<Record<string, unknown>>): boolean => typeof host === "string";
/** An API that is known is never named so: one that is would have the cause of a host. */
const READS_AS_HOST = /:\d+$/;

/**
 * Without what no device can have met: a host is refused for a purpose, and is looked at once the call's API is declared (spec §5), so a
 * listed version is refused none for a purpose of which it declares no API. A device that makes purposes up, or leaves them out, opens
 * nothing again that somebody acknowledged.
 */
async function withoutImpossible<S extends Sighting>(db: Database, sightings: readonly S[]): Promise<S[]> {
  const asked = sightings
    .filter(({ about }) => isOfHost(about))
    .map(({ appId, versionCode: code }) => ({ appId, code }));
  const { appId, code, declares, listedAt } = versions;
  const listed =
    asked.length === 0
      ? []
      : await db
          .select({ appId, code, declares })
          .from(versions)
          .where(and(isNotNull(listedAt), isAnyOf(versions, ["appId", "code"], asked)));
  const purposes = new Map(
    listed.map((version) => [
      `${version.appId} ${version.code}`,
      new Set<unknown>(version.declares.flatMap((name) => findCapability(name)?.apis ?? []).map(purposeOf)),
    ]),
  );
  return sightings.filter((one) => {
    const isUnknownApi = one.about.code === "UNKNOWN_API";
    if (!isOfHost(one.about)) return isUnknownApi || !READS_AS_HOST.test(String(one.about.api));
    if (isUnknownApi) return false;
    const declared = purposes.get(`${one.appId} ${one.versionCode}`);
    return one.purpose !== "" && (declared === undefined || declared.has(one.purpose));
  });
}

const purposeOf = (api: string) => findApi(api)?.purpose ?? null;

/** What was mended of these programs; to be read where it is written, as others write it too. */
export async function readMends(db: Database, told: readonly ToldOfDenials[]): Promise<Mend[]> {
  const appIds = [...new Set(told.map(({ appId }) => appId))];
  return appIds.length === 0 ? [] : await db.select().from(denialMends).where(inArray(denialMends.appId, appIds));
}

/**
 * Adds to what was mended the calls that went through: of its version to its target, in minutes that began after the decision, of
 * devices that enforced it. Whoever calls holds the lock of folding, so that each increment counts once. Answers with the programs of
 * which some went through.
 */
export async function countThrough(
  db: Database,
  mends: readonly Mend[],
  told: readonly ToldOfDenials[],
): Promise<string[]> {
  if (mends.length === 0) return [];
  const byName = new Map<string, Mend[]>();
  const nameOf = (appId: string, versionCode: number, kind: string, name: string) =>
    `${appId} ${versionCode} ${kind} ${name}`;
  const list = (name: string, mend: Mend) => {
    const known = byName.get(name);
    if (known === undefined) byName.set(name, [mend]);
    else known.push(mend);
  };
  for (const mend of mends) {
    const { appId, versionCode, countedKind, countedName } = mend;
    list(nameOf(appId, versionCode, countedKind, countedName), mend);
    list(nameOf(appId, versionCode, countedKind, OTHER), mend);
  }
  const grown = new Set<Mend>();
  for (const increment of told) {
    const { appId, versionCode, lists } = increment;
    let room = increment.room;
    eachDetail(lists, (kind, name, counts) => {
      let { allowed } = counts;
      if (room !== undefined) {
        const { held, left } = holdCounts(counts, room);
        ({ allowed } = held);
        room = left;
      }
      if (allowed === 0) return;
      for (const mend of byName.get(nameOf(appId, versionCode, kind, name)) ?? []) {
        if (!isUnder(mend, increment)) continue;
        if (name !== OTHER) mend.through = addSaturating(mend.through, allowed);
        else if (mend.isAtLeast) continue;
        else mend.isAtLeast = true;
        grown.add(mend);
      }
    });
  }
  if (grown.size > 0) await updateRows(db, denialMends, [...grown]);
  return [...new Set([...grown].map(({ appId }) => appId))];
}

/** Whether a device enforced the decision, in a minute that began after it. */
function isUnder({ document, epoch, revision, at }: Mend, { at: minute, applied }: ToldOfDenials): boolean {
  if (applied === null || minute < at) return false;
  return !isNewerPosition({ epoch, revision }, applied[document]);
}
