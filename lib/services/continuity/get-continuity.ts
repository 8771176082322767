import { count, desc, eq, inArray, sql } from "drizzle-orm";
import { devices, heldDocuments, heldNarrowings, people, programs } from "@/db/schema";
import type { Database } from "@/db/store";
import type { ContinuityView } from "@/lib/contracts/continuity";
import type { Actor } from "@/lib/domain/roles";
import { type ContinuityState, continuityFault, continuityState } from "@/lib/sync/continuity/continuity-state";
import { positionOf } from "@/native/core/documents/position";
import type { ServiceContext } from "../context";
import { requirePermission } from "../require-permission";

const DEVICES_MAX = 200;
const NARROWINGS_MAX = 500;

const instantOf = (at: Date | null) => at?.toISOString() ?? null;

/** Whether devices may hold documents that this store does not know of, and what they handed back (spec 7.8). */
export async function getContinuity(context: ServiceContext, actor: Actor): Promise<ContinuityView> {
  requirePermission(actor, "console.read");
  const { db } = context.store;
  const state = await continuityState(db);
  const fault = continuityFault(state);
  const narrowings = await db
    .select({ held: heldNarrowings, name: programs.name })
    .from(heldNarrowings)
    .leftJoin(programs, eq(programs.appId, heldNarrowings.subject))
    .orderBy(sql`${heldNarrowings.verdict} <> 'unknown'`, heldNarrowings.kind, heldNarrowings.subject)
    .limit(NARROWINGS_MAX);
  const names = await personNames(db, [state.resumedBy, ...narrowings.map(({ held }) => held.decidedBy)]);
  const refOf = (id: string | null) => (id === null ? null : { id, name: names.get(id) ?? id });
  return {
    isBehind: state.isBehind,
    since: instantOf(state.since),
    says: fault?.says ?? null,
    remedy: fault?.remedy ?? null,
    newest: state.newest,
    restoredAt: instantOf(state.restoredAt),
    backupAt: instantOf(state.backupAt),
    revisionLift: state.revisionLift,
    proven: state.proven,
    provenAt: instantOf(state.provenAt),
    resumedAt: instantOf(state.resumedAt),
    resumedBy: refOf(state.resumedBy),
    isUnheard: isUnheard(state),
    ...(await readHolders(db)),
    narrowings: narrowings.map(({ held, name }) => ({
      kind: held.kind,
      subject: held.subject,
      programName: held.kind === "suspension" ? name : null,
      position: positionOf(held),
      learnedAt: held.learnedAt.toISOString(),
      verdict: held.verdict,
      decidedAt: instantOf(held.decidedAt),
      decidedBy: refOf(held.decidedBy),
    })),
    unknownNarrowings: state.unknownNarrowings,
  };
}

function isUnheard({ restoredAt, resumedAt, provenAt }: ContinuityState): boolean {
  return restoredAt !== null && resumedAt !== null && (provenAt === null || provenAt < restoredAt);
}

async function readHolders(db: Database): Promise<Pick<ContinuityView, "devices" | "deviceCount">> {
  const holders = await db
    .select({ held: heldDocuments, name: devices.name })
    .from(heldDocuments)
    .leftJoin(devices, eq(devices.id, heldDocuments.deviceId))
    .orderBy(desc(heldDocuments.epoch), desc(heldDocuments.revision), heldDocuments.deviceId)
    .limit(DEVICES_MAX);
  const [counted] = await db.select({ count: count() }).from(heldDocuments);
  return {
    devices: holders.map(({ held, name }) => ({
      deviceId: held.deviceId,
      name,
      position: positionOf(held),
      receivedAt: held.receivedAt.toISOString(),
    })),
    deviceCount: counted?.count ?? 0,
  };
}

async function personNames(db: Database, ids: readonly (string | null)[]): Promise<Map<string, string>> {
  const asked = [...new Set(ids.filter((id) => id !== null))];
  if (asked.length === 0) return new Map();
  const rows = await db.select({ id: people.id, name: people.name }).from(people).where(inArray(people.id, asked));
  return new Map(rows.map(({ id, name }) => [id, name]));
}
