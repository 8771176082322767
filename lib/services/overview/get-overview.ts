import { and, desc, eq, gt, isNotNull, isNull, max } from "drizzle-orm";
import { newestIssue } from "@/db/newest-document";
import { changeSets, devices, platform, programs, versions } from "@/db/schema";
import type { Database } from "@/db/store";
import { countWhere } from "@/db/sums";
import type { Overview } from "@/lib/contracts/overview";
import { type Actor, hasPermission } from "@/lib/domain/roles";
import { type Position, positionOf } from "@/native/core/documents/position";
import { checkAudit } from "../audit/verify-audit-log";
import { withChanges } from "../change-sets/change-set-rows";
import { toChangeSetViews } from "../change-sets/change-set-view";
import { listWaitingFor } from "../change-sets/list-change-sets";
import type { ServiceContext } from "../context";
import { countLostSamples } from "../devices/count-lost";
import { isDegraded } from "../devices/list-devices";
import { DEVICE_SEEN_MS, hasApplied, readSpread } from "../devices/spread";
import { listHalvesFor } from "../people/list-halves";
import { readSetUp } from "../people/list-people";
import { requirePermission } from "../require-permission";

const DAY_MS = 24 * 60 * 60 * 1000;
const RECENT_MAX = 20;
const SUBMISSIONS_MAX = 50;
/** The chain is checked whole at most this often; the audit room checks it whenever asked. */
const AUDIT_CHECK_MS = 60_000;

/** SQL: it has sent telemetry, and with it what it enforces. */
const hasReported = and(isNull(devices.revokedAt), isNotNull(devices.appliedEpoch));

type Waiting = Overview["waiting"][number];

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
  return {
    now: new Date(nowMs).toISOString(),
    ...(await readWaiting(context, actor)),
    loop: {
      platformPosition: position,
      platformIssuedAt: newest === null ? null : new Date(newest.issuedAtSeconds * 1000).toISOString(),
      platformExpiresAt: newest === null ? null : new Date(newest.expiresAtSeconds * 1000).toISOString(),
      spread,
      devices: await countDevices(db, nowMs),
      newestTelemetryAt: reported?.newestAt?.toISOString() ?? null,
      discardedSamples: await countLostSamples(db),
      audit: await auditState(context, nowMs),
    },
    recent: await readRecent(context, actor, nowMs),
    setUp: await readSetUp(db),
  };
}

async function readWaiting(
  context: ServiceContext,
  actor: Actor,
): Promise<Pick<Overview, "waiting" | "isMoreWaiting">> {
  const { db } = context.store;
  const sets = await listWaitingFor(context, actor);
  let { isMore } = sets;
  const waiting: Waiting[] = sets.items.map((set) => ({
    kind: "change-set",
    id: set.id,
    href: `/policy/${set.id}`,
    title: `Change set ${set.number} by ${set.owner.name}: ${set.changes.length === 1 ? set.changes[0]?.title : `${set.changes.length} changes`}`,
    detail: [[...new Set(set.changes.flatMap((change) => change.programName ?? []))].join(", "), set.reason]
      .filter((part) => part !== "")
      .join(": "),
    since: set.proposedAt ?? set.updatedAt,
    action: set.state === "approved" ? "Publish" : "Review changes",
  }));
  if (actor.kind === "person" && hasPermission(actor.role, "changes.approve")) {
    const submitted = await db
      .select({ version: versions, program: programs })
      .from(versions)
      .innerJoin(programs, eq(programs.appId, versions.appId))
      .where(eq(versions.state, "submitted"))
      .orderBy(versions.submittedAt)
      .limit(SUBMISSIONS_MAX + 1);
    isMore ||= submitted.length > SUBMISSIONS_MAX;
    for (const { version, program } of submitted.slice(0, SUBMISSIONS_MAX)) {
      waiting.push({
        kind: "submission",
        id: version.submissionId,
        href: `/programs/${version.appId}/versions`,
        title: `${program.name} v${version.code}: submitted`,
        detail: `${version.declares.length} capabilities declared`,
        since: version.submittedAt.toISOString(),
        action: "Review version",
      });
    }
  }
  waiting.push(...(await listHalvesFor(context, actor)));
  const [place] = await db.select({ setUpAt: platform.setUpAt, createdAt: platform.createdAt }).from(platform).limit(1);
  if (place !== undefined && place.setUpAt === null) {
    waiting.unshift({
      kind: "set-up",
      id: "set-up",
      href: "/people",
      title: "Invite two people who can approve",
      detail: "No admin approves. Until two others can, nothing that widens is published.",
      since: place.createdAt.toISOString(),
      action: "Invite people",
    });
  }
  return { waiting, isMoreWaiting: isMore };
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

let lastCheck: { atMs: number; audit: Overview["loop"]["audit"] } | undefined;
let checking: Promise<Overview["loop"]["audit"]> | undefined;

/** A check that is under way is shared; once there is an earlier one, nobody waits for it. */
async function auditState(context: ServiceContext, nowMs: number): Promise<Overview["loop"]["audit"]> {
  if (lastCheck !== undefined && nowMs - lastCheck.atMs < AUDIT_CHECK_MS) return lastCheck.audit;
  checking ??= check(context, nowMs).finally(() => {
    checking = undefined;
  });
  if (lastCheck === undefined) return await checking;
  checking.catch((error: unknown) => context.logger("error", "audit_check_failed", { error }));
  return lastCheck.audit;
}

async function check(context: ServiceContext, nowMs: number): Promise<Overview["loop"]["audit"]> {
  const { entries, isWhole } = await checkAudit(context);
  const audit = { entries, isWhole, checkedAt: new Date(nowMs).toISOString() };
  lastCheck = { atMs: nowMs, audit };
  return audit;
}
