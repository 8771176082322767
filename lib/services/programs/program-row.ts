import { and, eq, inArray, or } from "drizzle-orm";
import { newestPositions } from "@/db/newest-document";
import { type programs, type publishers, versions } from "@/db/schema";
import type { Database } from "@/db/store";
import type { ProgramRow } from "@/lib/contracts/programs";
import { unknownNarrowings } from "@/lib/sync/continuity/held-narrowings";
import { readTraffic } from "../measures/read-measures";

const TREND_DAYS = 14;

type Base = { program: typeof programs.$inferSelect; publisher: typeof publishers.$inferSelect };

/** Joins each program with what its list row shows: versions, where its document stands, traffic of a day, blocked of 14 days. */
export async function toProgramRows(db: Database, bases: readonly Base[], nowMs: number): Promise<ProgramRow[]> {
  const appIds = bases.map(({ program }) => program.appId);
  if (appIds.length === 0) return [];
  const known = await db
    .select({ appId: versions.appId, code: versions.code, name: versions.name, state: versions.state })
    .from(versions)
    .where(and(inArray(versions.appId, appIds), or(eq(versions.state, "listed"), eq(versions.state, "submitted"))))
    .orderBy(versions.code);
  const positions = await newestPositions(db, appIds);
  const traffic = await readTraffic(db, appIds, TREND_DAYS, nowMs);
  const unknown = await unknownNarrowings(db);
  const held = new Set(unknown.flatMap(({ kind, subject }) => (kind === "suspension" ? [subject] : [])));
  return bases.map(({ program, publisher }): ProgramRow => {
    const own = known.filter((version) => version.appId === program.appId);
    const pick = (state: "listed" | "submitted") => {
      const found = own.filter((version) => version.state === state).at(-1);
      return found === undefined ? null : { code: found.code, name: found.name };
    };
    const day = traffic.get(program.appId);
    return {
      appId: program.appId,
      name: program.name,
      publisher: { id: publisher.id, name: publisher.name },
      status: program.status,
      isHeld: program.status === "active" && held.has(program.appId),
      liveVersion: pick("listed"),
      waitingVersion: pick("submitted"),
      position: positions.get(program.appId) ?? null,
      devices24h: day?.devices ?? 0,
      requests24h: day?.requests ?? 0,
      blocked24h: day?.blocked ?? 0,
      blocked14d: [...(day?.blockedByDay ?? [])],
    };
  });
}
