import { asc, isNull, sql } from "drizzle-orm";
import { newestPosition } from "@/db/newest-document";
import { devices } from "@/db/schema";
import { countWhere } from "@/db/sums";
import type { DeviceList, DeviceView } from "@/lib/contracts/devices";
import type { Actor } from "@/lib/domain/roles";
import { isNewerPosition, type Position } from "@/native/core/documents/position";
import type { ServiceContext } from "../context";
import { requirePermission } from "../require-permission";
import { appliedPosition, DEVICE_SEEN_MS } from "./spread";

const DEVICES_MAX = 500;

/** Enrolled devices, those least lately seen first; 500 at most, with the count of all. */
export async function listDevices(context: ServiceContext, actor: Actor): Promise<DeviceList> {
  requirePermission(actor, "devices.read");
  const { db } = context.store;
  const newest = await newestPosition(db, "platform", "");
  const rows = await db
    .select()
    .from(devices)
    .orderBy(sql`${devices.revokedAt} is not null`, asc(devices.name), asc(devices.id))
    .limit(DEVICES_MAX);
  const [counted] = await db.select({ total: countWhere() }).from(devices).where(isNull(devices.revokedAt));
  const nowMs = context.clock.nowMs();
  return {
    items: rows.map((row) => toView(row, newest, nowMs)),
    total: counted?.total ?? 0,
    platform: newest,
  };
}

function toView(row: typeof devices.$inferSelect, newest: Position | null, nowMs: number): DeviceView {
  return {
    id: row.id,
    name: row.name,
    labels: row.labels,
    runtime: {
      kind: row.runtimeKind,
      version: row.runtimeVersion,
      missingLayers: row.runtimeLayers.filter((layer) => layer.active === false).map((layer) => String(layer.name)),
    },
    enrolledAt: row.enrolledAt.toISOString(),
    lastSeenAt: row.lastSeenAt?.toISOString() ?? null,
    state: deviceState(row, newest, nowMs),
    appliedPlatform: appliedPosition(row),
    appliedPrograms: row.appliedPrograms ?? {},
    appliedAt: row.appliedAt?.toISOString() ?? null,
    clamped: row.clamped,
    rejected: row.rejected,
  };
}

function deviceState(row: typeof devices.$inferSelect, newest: Position | null, nowMs: number): DeviceView["state"] {
  if (row.revokedAt !== null) return "revoked";
  if (row.lastSeenAt === null) return "never_seen";
  if (nowMs - row.lastSeenAt.getTime() > DEVICE_SEEN_MS) return "stale";
  const applied = appliedPosition(row);
  return newest === null || applied === null || isNewerPosition(newest, applied) ? "behind" : "current";
}
