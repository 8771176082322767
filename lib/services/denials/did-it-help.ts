import { and, eq, gte, inArray } from "drizzle-orm";
import { type DocumentIssue, type DocumentKind, decidedIssues } from "@/db/newest-document";
import { changeSets, hourDetails } from "@/db/schema";
import type { Database } from "@/db/store";
import { sumOf } from "@/db/sums";
import type { DenialDetail } from "@/lib/contracts/programs";
import { isMendable, isMended, type ToldRefusal } from "@/lib/domain/denials/replay";
import { positionOf } from "@/native/core/documents/position";
import { HOUR_MS } from "../measures/windows";
import {
  newestPlatformClaims,
  newestProgramClaims,
  platformClaimsAt,
  programClaimsAt,
} from "../programs/newest-claims";

/** Decided revisions that are looked at, the newest first. */
const REVISIONS_MAX = 12;
const MINUTE_MS = 60_000;

/**
 * Whether what is in force lets through what was refused, since which revision, and how many calls of that version to that
 * target went through in whole minutes that devices spent under it. Of a kind that no revision mends it says so.
 */
export async function readEffect(
  db: Database,
  appId: string,
  told: ToldRefusal,
  nowMs: number,
): Promise<DenialDetail["effect"]> {
  if (!isMendable(told.code)) return { state: "beyond" };
  const program = await newestProgramClaims(db, appId);
  const platform = await newestPlatformClaims(db);
  if (program === null || platform === null) return { state: "refused" };
  const nowSeconds = Math.floor(nowMs / 1000);
  if (!isMended(told, { program: program.claims, platform: platform.claims }, nowSeconds)) return { state: "refused" };
  const kind: DocumentKind = told.layer === "platform" ? "platform" : "program";
  const issues = await decidedIssues(db, kind, kind === "program" ? appId : "", REVISIONS_MAX);
  const isMendedBy = async (issue: DocumentIssue): Promise<boolean> => {
    const { epoch } = issue;
    const documents =
      kind === "program"
        ? { program: (await programClaimsAt(db, appId, issue))?.claims, platform: { ...platform.claims, epoch } }
        : { program: { ...program.claims, epoch }, platform: (await platformClaimsAt(db, issue))?.claims };
    const { program: own, platform: common } = documents;
    if (own === undefined || common === undefined) return false;
    // Each was in force when it was signed, and by the other as it is now.
    return isMended(told, { program: own, platform: { ...common, minRevisions: {} } }, Math.max(own.iat, common.iat));
  };
  let since: DocumentIssue | null = null;
  let isFirst = false;
  for (const issue of issues) {
    if (!(await isMendedBy(issue))) {
      isFirst = true;
      break;
    }
    since = issue;
  }
  if (since === null) return { state: "allowed", since: null, isFirst: false, through: 0 };
  return {
    state: "allowed",
    since: {
      position: positionOf(since),
      document: kind,
      at: since.createdAt.toISOString(),
      changeSetId: since.changeSetId,
      changeSetNumber: await numberOf(db, since.changeSetId),
    },
    isFirst,
    through: await countThrough(db, appId, told, since),
  };
}

/** Of minutes that began under the revision alone: a row that an earlier one began is left out. */
async function countThrough(db: Database, appId: string, told: ToldRefusal, since: DocumentIssue): Promise<number> {
  const { host, port, purpose, api, versionCode } = told;
  const isHost = host !== null && port !== null && purpose !== null;
  const name = isHost ? `${host}:${port}:${purpose}` : api;
  if (name === null) return 0;
  const sinceMs = since.createdAt.getTime();
  const { hour, firstAt, allowed, programRevision } = hourDetails;
  const [row] = await db
    .select({ through: sumOf(allowed) })
    .from(hourDetails)
    .where(
      and(
        eq(hourDetails.appId, appId),
        eq(hourDetails.kind, isHost ? "host" : "api"),
        eq(hourDetails.name, name),
        eq(hourDetails.versionCode, versionCode),
        gte(hour, new Date(Math.floor(sinceMs / HOUR_MS) * HOUR_MS)),
        gte(firstAt, new Date(Math.floor(sinceMs / MINUTE_MS) * MINUTE_MS)),
        since.kind === "program" ? gte(programRevision, since.revision) : undefined,
      ),
    );
  return row?.through ?? 0;
}

async function numberOf(db: Database, changeSetId: string | null): Promise<number | null> {
  if (changeSetId === null) return null;
  const [set] = await db
    .select({ number: changeSets.number })
    .from(changeSets)
    .where(inArray(changeSets.id, [changeSetId]))
    .limit(1);
  return set?.number ?? null;
}
