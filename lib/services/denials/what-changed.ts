import { and, eq, inArray, isNotNull } from "drizzle-orm";
import { changes, versions } from "@/db/schema";
import type { Database } from "@/db/store";
import type { DenialDetail, DenialRow } from "@/lib/contracts/programs";
import { type DocumentPair, isMendable, type ToldRefusal, wasAllowedBy } from "@/lib/domain/denials/replay";
import { formatMember } from "@/lib/domain/member-keys";
import { liveDetails, readHoursOf } from "../measures/read-details";
import { HOUR_MS } from "../measures/windows";
import { kindOfMark } from "../programs/read-telemetry";
import { causesByVersion } from "./causes-by-version";
import { type DecidedRevision, decidedRevisions } from "./decided-revisions";
import { isAfter, readTimeline, type Step, toDecided } from "./in-force";

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
  const before = documents === null ? "unknown" : await lookBack(db, row, told, nowMs);
  const kinds = await readKinds(db, appId, revisions);
  const marks = [
    ...revisions.map(({ at, position, changeSetId, changeSetNumber }) => ({
      ...{ kind: kinds.get(changeSetId ?? "") ?? "publish", at, position, changeSetId, changeSetNumber },
      versionCode: null,
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

/** Of decisions that changed the program's status what they did, by change set. */
async function readKinds(db: Database, appId: string, revisions: readonly DecidedRevision[]) {
  const ids = revisions.flatMap(({ changeSetId }) => (changeSetId === null ? [] : [changeSetId]));
  const member = formatMember({ kind: "status", appId });
  const rows =
    ids.length === 0
      ? []
      : await db
          .select({ id: changes.changeSetId, after: changes.after })
          .from(changes)
          .where(and(inArray(changes.changeSetId, ids), eq(changes.member, member)));
  return new Map(rows.map(({ id, after }) => [id, kindOfMark({ member, after })]));
}

/**
 * The decision that ended what was in force before it let through: of those up to the refusal the newest such one, each pair of documents
 * as it was in force. `never`: none that was looked at allowed it; `unknown`: none could be asked, or the refusal is of a kind that
 * documents do not decide.
 */
async function lookBack(
  db: Database,
  row: DenialRow,
  told: ToldRefusal,
  nowMs: number,
): Promise<DecidedRevision | "never" | "unknown"> {
  const refusedBy = { program: row.programPosition, platform: row.platformPosition };
  if (refusedBy.program === null || refusedBy.platform === null || !isMendable(told.code)) return "unknown";
  const atSeconds = Math.floor(Date.parse(row.at) / 1000);
  const { steps, pairOf } = await readTimeline(db, row.appId, nowMs);
  let later: Step | null = null;
  for (const step of steps) {
    if (isAfter(step, refusedBy)) continue;
    const then = await pairOf(step);
    // Before it there was no such program.
    if (then === null) break;
    // The one that refused it allows it by its rules alone: it was something else.
    if (wasAllowedBy(told, then, atSeconds)) return (later && (await toDecided(db, later, told.layer))) ?? "unknown";
    later = step;
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
