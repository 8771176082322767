import { and, eq, gte } from "drizzle-orm";
import { hourDetails } from "@/db/schema";
import type { Database } from "@/db/store";
import { sumOf } from "@/db/sums";
import type { DenialDetail, DenialRow } from "@/lib/contracts/programs";
import { isMendable, isMended, type ToldRefusal, wasAllowedBy } from "@/lib/domain/denials/replay";
import { isNewerPosition } from "@/native/core/documents/position";
import { HOUR_MS } from "../measures/windows";
import { newestPlatformClaims, newestProgramClaims } from "../programs/newest-claims";
import { type DecidedRevision, decidedRevisions, pairAt } from "./decided-revisions";

const MINUTE_MS = 60_000;

/**
 * Whether what is in force lets through what was refused, since which revision made after the refusal, and how many calls of
 * that version to that target went through in whole minutes that devices spent under it. Of a kind that no revision mends it says so.
 */
export async function readEffect(
  db: Database,
  row: DenialRow,
  told: ToldRefusal,
  nowMs: number,
): Promise<DenialDetail["effect"]> {
  if (!isMendable(told.code)) return { state: "beyond" };
  const program = await newestProgramClaims(db, row.appId);
  const platform = await newestPlatformClaims(db);
  if (program === null || platform === null) return { state: "refused" };
  const pair = { program: program.claims, platform: platform.claims };
  const nowSeconds = Math.floor(nowMs / 1000);
  if (!isMended(told, pair, nowSeconds)) return { state: "refused" };

  const document = told.layer === "platform" ? "platform" : "program";
  const refusedBy = document === "platform" ? row.platformPosition : row.programPosition;
  let since: DecidedRevision | null = null;
  let isFirst = false;
  // Without the place of the refusal no revision is known to have come after it.
  for (const revision of refusedBy === null ? [] : await decidedRevisions(db, document, row.appId)) {
    const isAfter = refusedBy !== null && isNewerPosition(revision.position, refusedBy);
    const then = isAfter ? await pairAt(db, row.appId, pair, revision) : null;
    if (then === null || !wasAllowedBy(told, then, Math.floor(revision.at.getTime() / 1000))) {
      isFirst = true;
      break;
    }
    since = revision;
  }
  if (since === null) return { state: "allowed", since: null, isFirst: false, through: 0 };
  const isOfThisEpoch = since.document === "program" && since.position.epoch === program.issue.epoch;
  return {
    state: "allowed",
    since: { ...since, at: since.at.toISOString() },
    isFirst,
    through: await countThrough(db, row.appId, told, {
      atMs: since.at.getTime(),
      // In a later epoch revisions began anew.
      leastRevision: isOfThisEpoch ? since.position.revision : 0,
    }),
  };
}

/** Of minutes that began under the revision alone: a row that an earlier one began is left out. */
async function countThrough(
  db: Database,
  appId: string,
  { host, port, purpose, api, versionCode }: ToldRefusal,
  since: { atMs: number; leastRevision: number },
): Promise<number> {
  const isHost = host !== null && port !== null && purpose !== null;
  const name = isHost ? `${host}:${port}:${purpose}` : api;
  if (name === null) return 0;
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
        gte(hour, new Date(Math.floor(since.atMs / HOUR_MS) * HOUR_MS)),
        gte(firstAt, new Date(Math.floor(since.atMs / MINUTE_MS) * MINUTE_MS)),
        gte(programRevision, since.leastRevision),
      ),
    );
  return row?.through ?? 0;
}
