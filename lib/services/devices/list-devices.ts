import { and, eq, ilike, isNull, or, type SQL, sql } from "drizzle-orm";
import { newestPosition } from "@/db/newest-document";
import { devices } from "@/db/schema";
import type { Database } from "@/db/store";
import { countWhere } from "@/db/sums";
import type { DeviceList, DeviceListQuery, DeviceView } from "@/lib/contracts/devices";
import type { DeviceState } from "@/lib/domain/device-states";
import { LABEL_NAMES } from "@/lib/domain/labels";
import type { Actor } from "@/lib/domain/roles";
import { AppError } from "@/lib/platform/errors";
import type { Position } from "@/native/core/documents/position";
import type { ServiceContext } from "../context";
import { following, holding, type Listing, named, orderOf, PAGE_SIZE, toPage } from "../paging";
import { requirePermission } from "../require-permission";
import { appliedPosition, DEVICE_SEEN_MS, hasApplied } from "./spread";

const IS_REVOKED = sql<boolean>`(${devices.revokedAt} is not null)`;
const NAME = named(devices.name);
const LISTING: Listing = {
  name: "devices",
  by: [
    { value: IS_REVOKED, is: "flag" },
    { value: NAME, is: "text" },
    { value: devices.id, is: "text" },
  ],
};

/**
 * Enrolled devices that match, by name, 50 a page, revoked ones last; beside them how many match, and the whole fleet by
 * state. Raises `invalid_input` for a cursor of another list.
 */
export async function listDevices(context: ServiceContext, actor: Actor, query: DeviceListQuery): Promise<DeviceList> {
  requirePermission(actor, "devices.read");
  const { db } = context.store;
  const newest = await newestPosition(db, "platform", "");
  const state = stateOf(newest, context.clock.nowMs());
  const { q } = query;
  const matching = and(
    ...LABEL_NAMES.map((name) =>
      query[name] === undefined ? undefined : sql`${devices.labels}->>${name} = ${query[name]}`,
    ),
    query.state === undefined ? undefined : eq(state, query.state),
    q === undefined || q === "" ? undefined : or(ilike(devices.name, holding(q)), ilike(devices.id, holding(q))),
  );
  const rows = await db
    .select({ device: devices, state, isRevoked: IS_REVOKED, name: NAME })
    .from(devices)
    .where(and(matching, following(LISTING, query.cursor)))
    .orderBy(...orderOf(LISTING))
    .limit(PAGE_SIZE + 1);
  const page = toPage(LISTING, rows, (row) => [row.isRevoked, row.name, row.device.id]);
  const { total, ...counts } = await countDevices(db, state, matching);
  return {
    items: page.rows.map((row) => toView(row, newest)),
    nextCursor: page.nextCursor,
    total,
    counts,
    platform: newest,
  };
}

/** One enrolled device. Raises `not_found`. */
export async function getDevice(context: ServiceContext, actor: Actor, id: string): Promise<DeviceView> {
  requirePermission(actor, "devices.read");
  const { db } = context.store;
  const newest = await newestPosition(db, "platform", "");
  const state = stateOf(newest, context.clock.nowMs());
  const [row] = await db.select({ device: devices, state }).from(devices).where(eq(devices.id, id));
  if (row === undefined) throw new AppError("not_found", "There is no such device.");
  return toView(row, newest);
}

/** SQL: whether a device may act, was seen lately, and enforces the newest platform document. */
function stateOf(newest: Position | null, nowMs: number): SQL<DeviceState> {
  const seenSince = new Date(nowMs - DEVICE_SEEN_MS).toISOString();
  return sql<DeviceState>`case
    when ${IS_REVOKED} then 'revoked'
    when ${devices.lastSeenAt} is null then 'never_seen'
    when ${devices.lastSeenAt} <= ${seenSince}::timestamptz then 'stale'
    when ${newest === null ? sql`false` : hasApplied(newest)} then 'current'
    else 'behind' end`;
}

async function countDevices(db: Database, state: SQL<DeviceState>, matching: SQL | undefined) {
  const inState = (name: DeviceState) => countWhere(eq(state, name));
  const [row] = await db
    .select({
      total: countWhere(matching),
      enrolled: countWhere(isNull(devices.revokedAt)),
      current: inState("current"),
      behind: inState("behind"),
      stale: inState("stale"),
      degraded: countWhere(and(isNull(devices.revokedAt), isDegraded())),
    })
    .from(devices);
  return row ?? { total: 0, enrolled: 0, current: 0, behind: 0, stale: 0, degraded: 0 };
}

/** SQL: a layer of confinement is missing on the device. */
export const isDegraded = (): SQL => sql`jsonb_path_exists(${devices.runtimeLayers}, '$[*] ? (@.active == false)')`;

type Row = { device: typeof devices.$inferSelect; state: DeviceState };

function toView({ device: row, state }: Row, newest: Position | null): DeviceView {
  return {
    id: row.id,
    name: row.name,
    labels: row.labels,
    runtime: {
      kind: row.runtimeKind,
      version: row.runtimeVersion,
      missingLayers: row.runtimeLayers
        .filter((layer) => layer.active === false)
        .map(({ name, reason }) => ({
          name: typeof name === "string" ? name : "unnamed",
          reason: typeof reason === "string" && reason !== "" ? reason : null,
        })),
    },
    enrolledAt: row.enrolledAt.toISOString(),
    lastSeenAt: row.lastSeenAt?.toISOString() ?? null,
    state,
    appliedPlatform: appliedPosition(row),
    newestPlatform: newest,
    appliedPrograms: row.appliedPrograms ?? {},
    appliedAt: row.appliedAt?.toISOString() ?? null,
    clamped: row.clamped,
    rejected: row.rejected,
    leftOut: leftOutBy(row.discarded),
  };
}

/** Most first. What a device made up is left aside where it is no count. */
function leftOutBy(discarded: Readonly<Record<string, unknown>>): DeviceView["leftOut"] {
  return Object.entries(discarded)
    .flatMap(([reason, count]) => (isCount(count) ? [{ reason, count }] : []))
    .sort((one, other) => other.count - one.count || (one.reason < other.reason ? -1 : 1));
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) > 0;
