import { and, eq, gte, inArray, isNotNull, sql } from "drizzle-orm";
import { countedEvents } from "@/db/counted";
import { devices, type events, programs } from "@/db/schema";
import type { Database } from "@/db/store";
import type { CauseFilter, DenialList, DenialRow } from "@/lib/contracts/programs";
import type { Actor } from "@/lib/domain/roles";
import type { TimeRange } from "@/lib/domain/time-ranges";
import type { ServiceContext } from "../context";
import { startOfDetails } from "../measures/windows";
import { following, type Listing, orderOf, PAGE_SIZE, toPage } from "../paging";
import { loadProgram } from "../programs/get-program";
import { requirePermission } from "../require-permission";
import { toDenialRow } from "./denial-row";
import { findCauses, isFiltered } from "./find-causes";
import { type Causes, readCauses } from "./read-causes";

const NOT_COUNTED: Causes = { causes: [], causeTotal: 0, timesTotal: 0, behind: null };

export type DenialQuery = {
  appId?: string | undefined;
  range: TimeRange;
  version?: number | undefined;
  cause?: string | undefined;
  cursor?: string | undefined;
  /** Of one program: by what causes are about. */
  filter?: CauseFilter;
};

/**
 * Denials of a program, or of all: of one program on the first page causes with true counts, which no sampling touches,
 * and the single records, newest first, 50 a page. Raises `not_found` for a program that is not there, `invalid_input` for a cursor
 * of another list.
 */
export async function listDenials(context: ServiceContext, actor: Actor, query: DenialQuery): Promise<DenialList> {
  requirePermission(actor, "console.read");
  const { db } = context.store;
  if (query.appId !== undefined) await loadProgram(db, query.appId);
  const nowMs = context.clock.nowMs();
  const sinceMs = startOfDetails(query.range, nowMs);
  const events = countedEvents(db);
  const listing: Listing = {
    name: "denials",
    by: [
      { value: events.at, is: "instant" },
      { value: events.eventId, is: "text" },
      { value: events.deviceId, is: "text" },
    ],
    isNewestFirst: true,
  };
  const { filter = {} } = query;
  const filtered =
    query.appId !== undefined && isFiltered(filter)
      ? await findCauses(db, { appId: query.appId, sinceMs, nowMs, version: query.version }, filter)
      : null;
  const rows = await db
    .select()
    .from(events)
    .where(
      and(
        isNotNull(events.denialId),
        gte(events.at, new Date(sinceMs)),
        query.appId === undefined ? undefined : eq(events.appId, query.appId),
        query.version === undefined ? undefined : eq(events.versionCode, query.version),
        query.cause === undefined ? undefined : eq(events.cause, query.cause),
        filtered === null
          ? undefined
          : sql`${events.cause} in (select jsonb_array_elements_text(${JSON.stringify([...filtered])}::jsonb))`,
        following(listing, query.cursor),
      ),
    )
    .orderBy(...orderOf(listing))
    .limit(PAGE_SIZE + 1);
  const page = toPage(listing, rows, ({ at, eventId, deviceId }) => [at.getTime(), eventId, deviceId]);
  const { appId, version, cause } = query;
  const isCounted = appId !== undefined && query.cursor === undefined;
  return {
    since: new Date(sinceMs).toISOString(),
    ...(isCounted ? await readCauses(db, { appId, sinceMs, version, cause, among: filtered }, nowMs) : NOT_COUNTED),
    items: await withNames(db, page.rows),
    nextCursor: page.nextCursor,
  };
}

/** Looks up the names that a page of records shows. */
export async function withNames(db: Database, rows: (typeof events.$inferSelect)[]): Promise<DenialRow[]> {
  if (rows.length === 0) return [];
  const appIds = [...new Set(rows.flatMap((row) => (row.appId === null ? [] : [row.appId])))];
  const deviceIds = [...new Set(rows.map((row) => row.deviceId))];
  const programNames =
    appIds.length === 0
      ? []
      : await db
          .select({ appId: programs.appId, name: programs.name })
          .from(programs)
          .where(inArray(programs.appId, appIds));
  const deviceNames = await db
    .select({ id: devices.id, name: devices.name })
    .from(devices)
    .where(inArray(devices.id, deviceIds));
  return rows.map((row) =>
    toDenialRow(row, {
      program: programNames.find((program) => program.appId === row.appId)?.name ?? row.appId ?? "",
      device: deviceNames.find((device) => device.id === row.deviceId)?.name ?? row.deviceId,
    }),
  );
}
