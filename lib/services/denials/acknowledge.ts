import { and, desc, eq, sql } from "drizzle-orm";
import { countedEvents } from "@/db/counted";
import { denialAcknowledgements, denialSightings, devices } from "@/db/schema";
import type { Transaction } from "@/db/store";
import { appendAudit } from "@/lib/audit/append-audit";
import type { Actor } from "@/lib/domain/roles";
import { AppError } from "@/lib/platform/errors";
import type { ServiceContext } from "../context";
import { requirePermission } from "../require-permission";

type CauseRef = { appId: string; cause: string };
type Acknowledgement = typeof denialAcknowledgements.$inferSelect;

/**
 * Says for everybody that a cause needs nobody again, until it is seen for a purpose or in a kind of runtime for which it was not yet.
 * Raises `not_found` for a cause that was never seen. Audited as `denial.acknowledge`.
 */
export async function acknowledgeCause(
  ctx: ServiceContext,
  actor: Actor,
  { appId, cause, reason }: CauseRef & { reason: string },
): Promise<void> {
  requirePermission(actor, "denials.acknowledge");
  await ctx.store.in("decide").transaction(async (tx) => {
    const { purpose, runtimeKind } = denialSightings;
    const counted = await tx.db
      .select({ purpose, runtimeKind })
      .from(denialSightings)
      .where(and(eq(denialSightings.appId, appId), eq(denialSightings.cause, cause)))
      .orderBy(purpose, runtimeKind);
    const seen = counted.length > 0 ? counted : await seenInRecords(tx, { appId, cause });
    if (seen.length === 0) throw new AppError("not_found", "No such cause was counted.");
    const before = await findForUpdate(tx, { appId, cause });
    const after: Acknowledgement = {
      ...{ appId, cause, reason, seen },
      personId: actor.kind === "person" ? actor.personId : actor.kind,
      at: new Date(ctx.clock.nowMs()),
    };
    const target = [denialAcknowledgements.appId, denialAcknowledgements.cause];
    await tx.db.insert(denialAcknowledgements).values(after).onConflictDoUpdate({ target, set: after });
    await audit(tx, ctx, actor, "denial.acknowledge", { before, after, reason });
  });
}

/** Of a cause whose first minute has not closed yet: what its newest records say. */
async function seenInRecords({ db }: Transaction, { appId, cause }: CauseRef): Promise<Acknowledgement["seen"]> {
  const events = countedEvents(db);
  const newest = db
    .select({ body: events.body, deviceId: events.deviceId })
    .from(events)
    .where(and(eq(events.cause, cause), eq(events.appId, appId)))
    .orderBy(desc(events.at))
    .limit(RECORDS_MAX)
    .as("newest");
  const purpose = sql<string>`coalesce(${newest.body}->>'purpose', '')`;
  return await db
    .selectDistinct({ purpose, runtimeKind: devices.runtimeKind })
    .from(newest)
    .innerJoin(devices, eq(devices.id, newest.deviceId))
    .orderBy(purpose, devices.runtimeKind);
}
const RECORDS_MAX = 200;

/** Takes that back. Raises `not_found` where nobody said it. Audited as `denial.reopen`. */
export async function reopenCause(
  ctx: ServiceContext,
  actor: Actor,
  { appId, cause, reason }: CauseRef & { reason: string },
): Promise<void> {
  requirePermission(actor, "denials.acknowledge");
  await ctx.store.in("decide").transaction(async (tx) => {
    const before = await findForUpdate(tx, { appId, cause });
    if (before === null) throw new AppError("not_found", "Nobody acknowledged this cause.");
    await tx.db.delete(denialAcknowledgements).where(isOf({ appId, cause }));
    await audit(tx, ctx, actor, "denial.reopen", { before, after: null, reason });
  });
}

const isOf = ({ appId, cause }: CauseRef) =>
  and(eq(denialAcknowledgements.appId, appId), eq(denialAcknowledgements.cause, cause));

async function findForUpdate(tx: Transaction, of: CauseRef): Promise<Acknowledgement | null> {
  const [found] = await tx.db.select().from(denialAcknowledgements).where(isOf(of)).for("update");
  return found ?? null;
}

async function audit(
  tx: Transaction,
  ctx: ServiceContext,
  actor: Actor,
  action: "denial.acknowledge" | "denial.reopen",
  { before, after, reason }: { before: Acknowledgement | null; after: Acknowledgement | null; reason: string },
): Promise<void> {
  const of = after ?? before;
  if (of === null) return;
  await appendAudit(tx, ctx, {
    ...{ actor, action, subject: `program:${of.appId}/cause:${of.cause}`, reason },
    ...(before === null ? {} : { before: shown(before) }),
    ...(after === null ? {} : { after: shown(after) }),
    requestId: ctx.requestId ?? null,
  });
  tx.announce({ topic: "denials", appIds: [of.appId] });
}

const shown = ({ reason, seen, personId, at }: Acknowledgement) => ({ reason, seen, personId, at: at.toISOString() });
