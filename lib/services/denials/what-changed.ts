import { and, eq, inArray, isNotNull } from "drizzle-orm";
import { type DocumentIssue, decidedIssues } from "@/db/newest-document";
import { changeSets, versions } from "@/db/schema";
import type { Database } from "@/db/store";
import type { DenialDetail } from "@/lib/contracts/programs";
import { replay, type ToldRefusal } from "@/lib/domain/denials/replay";
import { positionOf } from "@/native/core/documents/position";
import type { PlatformClaims } from "@/native/core/shapes/claims";
import { liveDetails, readHoursOf } from "../measures/read-details";
import { HOUR_MS } from "../measures/windows";
import { programClaimsAt } from "../programs/newest-claims";
import { causesByVersion } from "./causes-by-version";

type WhatChanged = DenialDetail["changed"];

/** A week of hours before the one under way. */
const HOURS = 7 * 24;
/** Decided revisions that are looked at, the newest first; with what is before them nothing is compared. */
const REVISIONS_MAX = 12;

/**
 * What stood beside the first refusal of a cause: versions that went live, revisions that decisions made, and whether a
 * revision before it let the call through. From what was stored when it happened: nothing is judged by today's documents.
 */
export async function readWhatChanged(
  db: Database,
  {
    appId,
    cause,
    told,
    platform,
  }: { appId: string; cause: string; told: ToldRefusal; platform: PlatformClaims | null },
  nowMs: number,
): Promise<WhatChanged> {
  const sinceMs = Math.floor(nowMs / HOUR_MS) * HOUR_MS - HOURS * HOUR_MS;
  const hours = await refusedByHour(db, appId, cause, { sinceMs, nowMs });
  const byVersion = await causesByVersion(db, appId, told, nowMs);
  const own = byVersion.find(({ versionCode }) => versionCode === told.versionCode);
  const firstAtMs = own?.firstAtMs ?? null;
  const listed = await db
    .select({ code: versions.code, listedAt: versions.listedAt })
    .from(versions)
    .where(and(eq(versions.appId, appId), isNotNull(versions.listedAt)));
  const issues = await decidedIssues(db, "program", appId, REVISIONS_MAX);
  const numbers = await numbersOf(db, issues);
  const revisions = issues.map((issue) => ({
    position: positionOf(issue),
    atMs: issue.createdAt.getTime(),
    changeSetId: issue.changeSetId,
    changeSetNumber: numbers.get(issue.changeSetId ?? "") ?? null,
  }));
  const listedAtMs = listed.find(({ code }) => code === told.versionCode)?.listedAt?.getTime() ?? null;
  const ended =
    firstAtMs === null || platform === null ? null : await findEnding(db, appId, told, platform, revisions, firstAtMs);
  const at = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());
  return {
    firstAt: at(firstAtMs),
    versionListedAt: at(listedAtMs),
    endedBy: ended,
    otherVersions: listed
      .filter(({ code }) => code !== told.versionCode)
      .map(({ code }) => ({ versionCode: code, times: byVersion.find((one) => one.versionCode === code)?.times ?? 0 }))
      .sort((a, b) => b.versionCode - a.versionCode)
      .slice(0, 5),
    since: new Date(sinceMs).toISOString(),
    hours,
    marks: [
      ...revisions.map(({ atMs, position, changeSetId, changeSetNumber }) => ({
        kind: "publish" as const,
        atMs,
        position,
        changeSetId,
        changeSetNumber,
        versionCode: null,
      })),
      ...listed.flatMap(({ code, listedAt }) =>
        listedAt === null
          ? []
          : [
              {
                kind: "version" as const,
                atMs: listedAt.getTime(),
                position: null,
                changeSetId: null,
                changeSetNumber: null,
                versionCode: code,
              },
            ],
      ),
    ]
      .filter(({ atMs }) => atMs >= sinceMs)
      .sort((a, b) => a.atMs - b.atMs)
      .map(({ atMs, ...mark }) => ({ ...mark, at: new Date(atMs).toISOString() })),
  };
}

type Revision = {
  position: { epoch: number; revision: number };
  atMs: number;
  changeSetId: string | null;
  changeSetNumber: number | null;
};

/**
 * The revision that ended what the one before it let through: the newest made before the first refusal, where its
 * predecessor allowed the call and it does not. Null where none did.
 */
async function findEnding(
  db: Database,
  appId: string,
  told: ToldRefusal,
  platform: PlatformClaims,
  newestFirst: readonly Revision[],
  firstAtMs: number,
): Promise<NonNullable<WhatChanged>["endedBy"]> {
  // Of a host the host's checks alone: an older revision need not list the version that asks now.
  const asked = told.host === null ? told : { ...told, api: null };
  // The minute of the first refusal may have begun before the revision.
  const before = newestFirst.filter(({ atMs }) => atMs < firstAtMs + 60_000);
  let later: Revision | null = null;
  for (const revision of before) {
    const document = await programClaimsAt(db, appId, revision.position);
    if (document === null) return null;
    const { epoch } = document.claims;
    const own = { ...platform, epoch, minRevisions: {} };
    const again = replay(asked, { program: document.claims, platform: own }, document.claims.iat);
    if (again.decision === "allow") {
      if (later === null) return null;
      const { changeSetId, changeSetNumber, position, atMs } = later;
      return { position, changeSetId, changeSetNumber, at: new Date(atMs).toISOString() };
    }
    later = revision;
  }
  return null;
}

async function refusedByHour(
  db: Database,
  appId: string,
  cause: string,
  { sinceMs, nowMs }: { sinceMs: number; nowMs: number },
): Promise<number[]> {
  const asked = { appId, kind: "cause", sinceMs, nowMs, names: [cause] } as const;
  const hours = new Array<number>(HOURS + 1).fill(0);
  const add = (atMs: number, times: number) => {
    const hour = Math.floor((atMs - sinceMs) / HOUR_MS);
    if (hour >= 0 && hour < hours.length) hours[hour] = (hours[hour] ?? 0) + times;
  };
  await readHoursOf(db, asked, ({ hourMs, refused }) => add(hourMs, refused));
  for (const { name, atMs, refused } of (await liveDetails(db, asked)).details) if (name === cause) add(atMs, refused);
  return hours;
}

async function numbersOf(db: Database, issues: readonly DocumentIssue[]): Promise<Map<string, number>> {
  const ids = issues.flatMap(({ changeSetId }) => (changeSetId === null ? [] : [changeSetId]));
  if (ids.length === 0) return new Map();
  const rows = await db
    .select({ id: changeSets.id, number: changeSets.number })
    .from(changeSets)
    .where(inArray(changeSets.id, ids));
  return new Map(rows.map(({ id, number }) => [id, number]));
}
