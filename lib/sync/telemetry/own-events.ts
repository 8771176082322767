import { asc, inArray, sql } from "drizzle-orm";
import { devices, events } from "@/db/schema";
import type { Transaction } from "@/db/store";
import { insertRows } from "@/db/write-rows";
import type { ServerEventType } from "@/native/core/codes";
import type { Clamped, Counter } from "@/native/core/telemetry/plausible";
import type { SyncContext } from "../context";
import type { RejectedEvidence } from "./judge-batch";

/** A counter beyond the plausible, and whose; null for what a device tells of itself. */
export type ClampedVersion = Clamped & { appId: string | null; versionCode: number | null };
/** What the policy service has to say of what a device told; no batch where several together told of what is beyond. */
export type OwnWord = {
  deviceId: string;
  batchId: string | null;
  clamped: readonly ClampedVersion[];
  evidence: readonly RejectedEvidence[];
};

type OwnEvent = { type: ServerEventType; appId: string | null; versionCode: number | null; body: object };

/** Per counter the greatest that was seen, and how often it was beyond. */
function clampedEvents(clamped: readonly ClampedVersion[]): OwnEvent[] {
  const byVersion = new Map<string, Pick<ClampedVersion, "appId" | "versionCode"> & { counters: Map<Counter, Seen> }>();
  type Seen = Clamped & { times: number };
  for (const { appId, versionCode, ...one } of clamped) {
    const key = `${appId}/${versionCode}`;
    const version = byVersion.get(key) ?? { appId, versionCode, counters: new Map<Counter, Seen>() };
    byVersion.set(key, version);
    const known = version.counters.get(one.counter) ?? { ...one, times: 0 };
    version.counters.set(one.counter, { ...one, seen: Math.max(known.seen, one.seen), times: known.times + 1 });
  }
  return [...byVersion.values()].map(({ counters, ...version }) => {
    return { type: "counter_clamped", ...version, body: { clamped: [...counters.values()] } };
  });
}

function eventsOf({ clamped, evidence }: OwnWord): OwnEvent[] {
  const own = clampedEvents(clamped);
  if (evidence.length === 0) return own;
  return [...own, { type: "evidence_rejected", appId: null, versionCode: null, body: { rejected: evidence } }];
}

/**
 * The policy service's own words on what devices told (spec §7.10, §7.11): one `counter_clamped` a version, one
 * `evidence_rejected`, both counted with the device. Their ids are made here, so that no device can have taken them. To be
 * written last: from here on the rows of these devices are locked.
 */
export async function recordOwnEvents(
  tx: Transaction,
  ctx: Pick<SyncContext, "clock" | "ids">,
  words: readonly OwnWord[],
): Promise<void> {
  const now = new Date(ctx.clock.nowMs());
  const rows = words.flatMap((word) => {
    const of = word.batchId === null ? {} : { batchId: word.batchId };
    return eventsOf(word).map(({ body, ...event }) => {
      const eventId = ctx.ids.next("event");
      const told = { eventId, type: event.type, ...of, ...body };
      return { ...event, deviceId: word.deviceId, at: now, receivedAt: now, eventId, body: told };
    });
  });
  if (rows.length === 0) return;
  await insertRows(tx.db, events, rows);
  const counts = new Map<string, { id: string; clamped: number; rejected: number }>();
  for (const { deviceId, clamped, evidence } of words) {
    const known = counts.get(deviceId) ?? { id: deviceId, clamped: 0, rejected: 0 };
    counts.set(deviceId, known);
    known.clamped += clamped.length;
    known.rejected += evidence.reduce((sum, { count }) => sum + count, 0);
  }
  const added = JSON.stringify([...counts.values()].filter(({ clamped, rejected }) => clamped + rejected > 0));
  // In the order in which everybody locks them: an update takes them in any.
  await tx.db
    .select({ id: devices.id })
    .from(devices)
    .where(inArray(devices.id, [...counts.keys()]))
    .orderBy(asc(devices.id))
    .for("update");
  const sum = (name: "clamped" | "rejected") =>
    sql`${sql.identifier(name)} = least(${devices[name]} + told.${sql.identifier(name)}, ${sql.raw(String(Number.MAX_SAFE_INTEGER))})`;
  await tx.db.execute(sql`update ${devices} set ${sum("clamped")}, ${sum("rejected")}
    from (select * from json_to_recordset(${added}::json) as more("id" text, "clamped" bigint, "rejected" bigint) order by 1) told
    where ${devices.id} = told.id`);
  for (const deviceId of counts.keys()) tx.announce({ topic: "devices", deviceId, revoked: false });
}
