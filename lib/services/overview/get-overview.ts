import { and, desc, eq, gt, isNotNull, isNull, max } from "drizzle-orm";
import { newestIssue } from "@/db/newest-document";
import { changeSets, devices } from "@/db/schema";
import type { Database, Store } from "@/db/store";
import { countWhere } from "@/db/sums";
import type { Overview } from "@/lib/contracts/overview";
import type { Actor } from "@/lib/domain/roles";
import { type Position, positionOf } from "@/native/core/documents/position";
import { checkAudit } from "../audit/verify-audit-log";
import { withChanges } from "../change-sets/change-set-rows";
import { toChangeSetViews } from "../change-sets/change-set-view";
import type { ServiceContext } from "../context";
import { countLostSamples } from "../devices/count-lost";
import { isDegraded } from "../devices/list-devices";
import { DEVICE_SEEN_MS, hasApplied, readSpread } from "../devices/spread";
import { readSetUp } from "../people/list-people";
import { requirePermission } from "../require-permission";
import { readWaiting } from "./read-waiting";

const DAY_MS = 24 * 60 * 60 * 1000;
const RECENT_MAX = 20;
/** The chain is checked whole at most this often; the audit room checks it whenever asked. */
const AUDIT_CHECK_MS = 60_000;

/** SQL: it has sent telemetry, and with it what it enforces. */
const hasReported = and(isNull(devices.revokedAt), isNotNull(devices.appliedEpoch));

/** What waits for this person now, and the health of the loop. */
export async function getOverview(context: ServiceContext, actor: Actor): Promise<Overview> {
  requirePermission(actor, "console.read");
  const { db } = context.store;
  const nowMs = context.clock.nowMs();
  const newest = await newestIssue(db, "platform", "");
  const position = newest && positionOf(newest);
  const spread = position && (await readSpread(db, position, nowMs));
  const [reported] = await db
    .select({ newestAt: max(devices.lastSeenAt) })
    .from(devices)
    .where(hasReported);
  const audit = await auditState(context, nowMs);
  return {
    now: new Date(nowMs).toISOString(),
    ...(await readWaiting(context, actor, { nowMs, audit })),
    loop: {
      platformPosition: position,
      platformIssuedAt: newest === null ? null : new Date(newest.issuedAtSeconds * 1000).toISOString(),
      platformExpiresAt: newest === null ? null : new Date(newest.expiresAtSeconds * 1000).toISOString(),
      spread,
      devices: await countDevices(db, nowMs),
      newestTelemetryAt: reported?.newestAt?.toISOString() ?? null,
      discardedSamples: await countLostSamples(db),
      audit,
    },
    recent: await readRecent(context, actor, nowMs),
    setUp: await readSetUp(db),
  };
}

async function countDevices(db: Database, nowMs: number): Promise<Overview["loop"]["devices"]> {
  const since = new Date(nowMs - DEVICE_SEEN_MS);
  const [row] = await db
    .select({
      total: countWhere(),
      seen24h: countWhere(gt(devices.lastSeenAt, since)),
      degraded: countWhere(isDegraded()),
    })
    .from(devices)
    .where(isNull(devices.revokedAt));
  const total = row?.total ?? 0;
  const seen24h = row?.seen24h ?? 0;
  return { total, seen24h, stale: total - seen24h, degraded: row?.degraded ?? 0 };
}

async function readRecent(context: ServiceContext, actor: Actor, nowMs: number): Promise<Overview["recent"]> {
  const { db } = context.store;
  const rows = await db
    .select()
    .from(changeSets)
    .where(and(eq(changeSets.state, "published"), gt(changeSets.publishedAt, new Date(nowMs - DAY_MS))))
    .orderBy(desc(changeSets.publishedAt))
    .limit(RECENT_MAX);
  const views = await toChangeSetViews(db, await withChanges(db, rows), actor, nowMs);
  const recent: Overview["recent"] = [];
  for (const view of views) {
    const reach = view.platformPosition && (await countReached(db, view.platformPosition, nowMs));
    recent.push({ ...view, reached: reach?.reached ?? null, total: reach?.total ?? null });
  }
  return recent;
}

async function countReached(db: Database, position: Position, nowMs: number) {
  const [row] = await db
    .select({
      total: countWhere(),
      reached: countWhere(hasApplied(position)),
    })
    .from(devices)
    .where(and(isNull(devices.revokedAt), gt(devices.lastSeenAt, new Date(nowMs - DEVICE_SEEN_MS))));
  return row;
}

type AuditState = Overview["loop"]["audit"];
const checks = new WeakMap<Store, { last?: { atMs: number; audit: AuditState }; running?: Promise<AuditState> }>();

/** A check that is under way is shared; once there is an earlier one, nobody waits for it. */
async function auditState(context: ServiceContext, nowMs: number): Promise<AuditState> {
  const state = checks.get(context.store) ?? {};
  checks.set(context.store, state);
  const { last } = state;
  if (last !== undefined && nowMs - last.atMs < AUDIT_CHECK_MS) return last.audit;
  state.running ??= checkAudit(context)
    .then(({ entries, isWhole }) => {
      const audit = { entries, isWhole, checkedAt: new Date(nowMs).toISOString() };
      state.last = { atMs: nowMs, audit };
      return audit;
    })
    .finally(() => {
      delete state.running;
    });
  if (last === undefined) return await state.running;
  state.running.catch((error: unknown) => context.logger("error", "audit_check_failed", { error }));
  return last.audit;
}
