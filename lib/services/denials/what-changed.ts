import { and, eq, isNotNull } from "drizzle-orm";
import { versions } from "@/db/schema";
import type { Database } from "@/db/store";
import type { DenialDetail, DenialRow } from "@/lib/contracts/programs";
import { type DocumentPair, isMendable, type ToldRefusal, wasAllowedBy } from "@/lib/domain/denials/replay";
import { isNewerPosition } from "@/native/core/documents/position";
import { liveDetails, readHoursOf } from "../measures/read-details";
import { HOUR_MS } from "../measures/windows";
import { causesByVersion } from "./causes-by-version";
import { type DecidedRevision, decidedRevisions, pairAt } from "./decided-revisions";

type WhatChanged = NonNullable<DenialDetail["changed"]>;

/** A week of hours before the one under way. */
const HOURS = 7 * 24;
const VERSIONS_MAX = 5;

/**
 * What stood beside the first refusal of a cause: versions that went live, revisions that decisions made, and whether a
 * revision before it let the call through. From what was stored when it happened: nothing is judged by today's documents.
 */
export async function readWhatChanged(
  db: Database,
  { row, cause, told, documents }: { row: DenialRow; cause: string; told: ToldRefusal; documents: DocumentPair | null },
  nowMs: number,
): Promise<WhatChanged> {
  const { appId } = row;
  const sinceMs = Math.floor(nowMs / HOUR_MS) * HOUR_MS - HOURS * HOUR_MS;
  const hours = await refusedByHour(db, appId, cause, { sinceMs, nowMs });
  const byVersion = await causesByVersion(db, appId, told, nowMs);
  const firstAtMs = byVersion.find(({ versionCode }) => versionCode === told.versionCode)?.firstAtMs ?? null;
  const live = await db
    .select({ code: versions.code, listedAt: versions.listedAt })
    .from(versions)
    .where(and(eq(versions.appId, appId), isNotNull(versions.listedAt)));
  const listed = live.flatMap(({ code, listedAt }) => (listedAt === null ? [] : [{ code, atMs: listedAt.getTime() }]));
  const revisions = await decidedRevisions(db, told.layer === "platform" ? "platform" : "program", appId);
  const before = documents === null ? "unknown" : await lookBack(db, { row, told, documents }, revisions);
  const marks = [
    ...revisions.map(({ at, position, changeSetId, changeSetNumber }) => ({
      ...{ kind: "publish" as const, at, position, changeSetId, changeSetNumber, versionCode: null },
    })),
    ...listed.map(({ code, atMs }) => ({
      ...{ kind: "version" as const, at: new Date(atMs), position: null, changeSetId: null, changeSetNumber: null },
      versionCode: code,
    })),
  ];
  const at = (ms: number | undefined | null) => (ms == null ? null : new Date(ms).toISOString());
  return {
    firstAt: at(firstAtMs),
    versionListedAt: at(listed.find(({ code }) => code === told.versionCode)?.atMs),
    before: typeof before === "string" ? before : "ended",
    endedBy: typeof before === "string" ? null : { ...before, at: before.at.toISOString() },
    otherVersions: listed
      // One that went live after it says nothing about what was before.
      .filter(({ code, atMs }) => code !== told.versionCode && (firstAtMs === null || atMs <= firstAtMs))
      .map(({ code }) => ({ versionCode: code, times: byVersion.find((one) => one.versionCode === code)?.times ?? 0 }))
      .sort((a, b) => Number(b.times > 0) - Number(a.times > 0) || b.versionCode - a.versionCode)
      .slice(0, VERSIONS_MAX),
    since: new Date(sinceMs).toISOString(),
    hours,
    marks: marks
      .filter((mark) => mark.at.getTime() >= sinceMs)
      .sort((a, b) => a.at.getTime() - b.at.getTime())
      .map((mark) => ({ ...mark, at: mark.at.toISOString() })),
  };
}

/**
 * The revision that ended what the one before it let through: of those up to the refusal's own the newest whose predecessor
 * allowed the call. `never`: none that was looked at allowed it; `unknown`: no revision could be asked, or the refusal is of a kind that
 * documents do not decide.
 */
async function lookBack(
  db: Database,
  { row, told, documents }: { row: DenialRow; told: ToldRefusal; documents: DocumentPair },
  newestFirst: readonly DecidedRevision[],
): Promise<DecidedRevision | "never" | "unknown"> {
  const refusedBy = told.layer === "platform" ? row.platformPosition : row.programPosition;
  if (refusedBy === null || !isMendable(told.code)) return "unknown";
  const atSeconds = Math.floor(Date.parse(row.at) / 1000);
  let later: DecidedRevision | null = null;
  for (const revision of newestFirst) {
    if (isNewerPosition(revision.position, refusedBy)) continue;
    const then = await pairAt(db, row.appId, documents, revision);
    if (then === null) return "unknown";
    // The one that refused it allows it by its rules alone: it was something else.
    if (wasAllowedBy(told, then, atSeconds)) return later ?? "unknown";
    later = revision;
  }
  return later === null ? "unknown" : "never";
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
