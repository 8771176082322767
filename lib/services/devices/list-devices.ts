import { asc, isNull, sql } from "drizzle-orm";
import { devices } from "@/db/schema";
import { countWhere } from "@/db/sums";
import type { DeviceList, DeviceView } from "@/lib/contracts/devices";
import type { Actor } from "@/lib/domain/roles";
import type { ServiceContext } from "../context";
import { requirePermission } from "../require-permission";
import { DEVICE_SEEN_MS, newestPlatformDocument } from "./spread";

const DEVICES_MAX = 500;

type Newest = { epoch: number; revision: number; expiresAtSeconds: number } | undefined;

/** Enrolled devices, those least lately seen first; 500 at most, with the count of all. */
export async function listDevices(context: ServiceContext, actor: Actor): Promise<DeviceList> {
  requirePermission(actor, "devices.read");
  const { db } = context.store;
  const newest = await newestPlatformDocument(db);
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
    platform: newest === undefined ? null : { epoch: newest.epoch, revision: newest.revision },
  };
}

function toView(row: typeof devices.$inferSelect, newest: Newest, nowMs: number): DeviceView {
  return {
    id: row.id,
    name: row.name,
    runtime: {
      kind: row.runtimeKind,
      version: row.runtimeVersion,
      missingLayers: row.runtimeLayers.filter((layer) => layer.active === false).map((layer) => String(layer.name)),
    },
    enrolledAt: row.enrolledAt.toISOString(),
    lastSeenAt: row.lastSeenAt?.toISOString() ?? null,
    state: deviceState(row, newest, nowMs),
    appliedPlatform: row.appliedPlatform,
    appliedPrograms: row.appliedPrograms ?? {},
    appliedAt: row.appliedAt?.toISOString() ?? null,
  };
}

function deviceState(row: typeof devices.$inferSelect, newest: Newest, nowMs: number): DeviceView["state"] {
  if (row.revokedAt !== null) return "revoked";
  if (row.lastSeenAt === null) return "never_seen";
  if (nowMs - row.lastSeenAt.getTime() > DEVICE_SEEN_MS) return "stale";
  if (newest === undefined || row.appliedEpoch === null || row.appliedPlatform === null) return "behind";
  const isCurrent =
    row.appliedEpoch > newest.epoch || (row.appliedEpoch === newest.epoch && row.appliedPlatform >= newest.revision);
  return isCurrent ? "current" : "behind";
}
