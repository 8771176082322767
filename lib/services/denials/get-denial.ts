import { and, desc, eq, isNotNull, ne } from "drizzle-orm";
import { countedEvents, eventOfDenial, isOfPublisher } from "@/db/counted";
import { programs } from "@/db/schema";
import type { Database } from "@/db/store";
import type { DenialDetail, DenialRow } from "@/lib/contracts/programs";
import { type DocumentPair, replayAsDecided, type ToldRefusal } from "@/lib/domain/denials/replay";
import { formatMember } from "@/lib/domain/member-keys";
import type { Actor } from "@/lib/domain/roles";
import { AppError } from "@/lib/platform/errors";
import { findApi, isCapability } from "@/native/core/decide/catalog";
import { causeOfDenial } from "@/native/core/decide/cause-of-denial";
import { readHostPattern } from "@/native/core/decide/host-name";
import { hostRuleShape } from "@/native/core/documents/claims-shapes";
import { addSaturating } from "@/native/core/telemetry/add-saturating";
import type { ServiceContext } from "../context";
import { createDeviceCount } from "../measures/device-count";
import { addPackedTogether } from "../measures/packed-sketches";
import { liveDetails, oldestDetailsMs, readHoursOf } from "../measures/read-details";
import { platformClaimsAt, programClaimsAt } from "../programs/newest-claims";
import { requirePermission } from "../require-permission";
import { readAcknowledgedOf } from "./cause-states";
import { readEffect } from "./did-it-help";
import { explainRule } from "./explain-rule";
import { buildLadder } from "./ladder";
import { withNames } from "./list-denials";
import { toldByEvent } from "./told-refusal";
import { readWhatChanged } from "./what-changed";
import { readWho } from "./who-was-refused";

const SIMILAR_MAX = 10;

/**
 * One denial explained: the ladder of checks, the rule text of the revision that decided with who made it, and a change
 * that would allow it. Where the single event was sampled away or has not arrived, its cause key still finds the cause.
 * Raises `not_found`.
 */
export async function getDenial(context: ServiceContext, actor: Actor, denialId: string): Promise<DenialDetail> {
  requirePermission(actor, "console.read");
  return await explainDenial(context, denialId, undefined);
}

/**
 * The same for whoever may see it, as the verb that calls it has asked: with `publisherId` only what was told of that
 * publisher's programs is found. A denial's id and cause are what devices say, so either may be another program's too.
 */
export async function explainDenial(
  context: ServiceContext,
  denialId: string,
  publisherId: string | undefined,
): Promise<DenialDetail> {
  const { db } = context.store;
  const cause = causeOfDenial(denialId);
  const events = countedEvents(db);
  const exact = await eventOfDenial(db, denialId, publisherId);
  const [alike] =
    exact !== null
      ? [exact]
      : await db
          .select()
          .from(events)
          .where(and(eq(events.cause, cause), isNotNull(events.denialId), isOfPublisher(db, events.appId, publisherId)))
          .orderBy(desc(events.at))
          .limit(1);
  const [row] = await withNames(db, alike === undefined ? [] : [alike]);
  if (row === undefined) throw new AppError("not_found", "No such denial was reported.");
  const others = await db
    .select()
    .from(events)
    .where(
      and(
        eq(events.cause, cause),
        eq(events.appId, row.appId),
        isNotNull(events.denialId),
        ne(events.denialId, row.denialId),
      ),
    )
    .orderBy(desc(events.at))
    .limit(SIMILAR_MAX);
  const told = alike === undefined ? null : toldByEvent(alike);
  const documents = await readDocuments(db, row);
  const atSeconds = Math.floor(Date.parse(row.at) / 1000);
  const replay = told === null || documents === null ? null : replayAsDecided(told, documents, atSeconds);
  const nowMs = context.clock.nowMs();
  return {
    ...row,
    ladder: buildLadder(
      { code: row.code, layer: row.layer, rule: row.rule, host: told?.host ?? null },
      row.target.includes(":") || row.purpose !== null || isNetworkCall(told?.api ?? null),
      replay,
    ),
    nearest: replay?.nearest ?? null,
    decidedBy: await explainRule(db, row, told),
    ...(await countCause(db, row.appId, cause, nowMs)),
    changed: told === null ? null : await readWhatChanged(db, { row, cause, told, documents }, nowMs),
    who: await readWho(db, row.appId, cause, told, nowMs),
    effect: told === null ? null : await readEffect(db, row, told, nowMs),
    acknowledged: await readAcknowledgedOf(db, row.appId, cause),
    similar: await withNames(db, others),
    proposal: await proposalFor(context, row, told),
  };
}

const isNetworkCall = (api: string | null): boolean => api !== null && findApi(api)?.purpose != null;

/** The pair of documents that the device named; null where one is not known. */
async function readDocuments(db: Database, row: DenialRow): Promise<DocumentPair | null> {
  const { programPosition, platformPosition } = row;
  if (programPosition === null || platformPosition === null) return null;
  const program = await programClaimsAt(db, row.appId, programPosition);
  const platform = await platformClaimsAt(db, platformPosition);
  return program === null || platform === null ? null : { program: program.claims, platform: platform.claims };
}

/** How often, and on how many devices, in all that is kept. */
async function countCause(
  db: Database,
  appId: string,
  cause: string,
  nowMs: number,
): Promise<{ times: number; devices: number }> {
  const asked = { appId, kind: "cause", sinceMs: oldestDetailsMs(nowMs), nowMs, names: [cause] } as const;
  const devices = createDeviceCount();
  let times = 0;
  await readHoursOf(db, asked, ({ refused, sketches }) => {
    times = addSaturating(times, refused);
    addPackedTogether(devices, sketches);
  });
  for (const { name, deviceId, refused } of (await liveDetails(db, asked)).details) {
    if (name !== cause) continue;
    times = addSaturating(times, refused);
    devices.addDevice(deviceId);
  }
  return { times, devices: devices.count() };
}

/** The change from which a proposal would start: a rule for the host, or the grant. Null where neither would help. */
async function proposalFor(
  context: ServiceContext,
  row: DenialRow,
  told: ToldRefusal | null,
): Promise<DenialDetail["proposal"]> {
  const [program] = await context.store.db
    .select({ status: programs.status })
    .from(programs)
    .where(eq(programs.appId, row.appId))
    .limit(1);
  if (program === undefined) return null;
  if (row.code === "HOST_NOT_ALLOWED") {
    const rule = { host: told?.host, ports: [told?.port], purposes: [told?.purpose ?? "request"] };
    // What a device tells may be no name that a rule can hold.
    const parsed = hostRuleShape.safeParse(rule);
    if (!parsed.success || readHostPattern(parsed.data.host)?.kind !== "exact") return null;
    return {
      // A new rule: its id is made when the change is written.
      member: `program:${row.appId}/host:new`,
      after: parsed.data,
      title: `Propose host ${parsed.data.host}`,
    };
  }
  if (row.code === "PERMISSION_DENIED" && row.layer === "grant" && row.rule === null) {
    const capability = findApi(row.target)?.capability.name ?? row.target;
    if (!isCapability(capability)) return null;
    return {
      member: formatMember({ kind: "grant", appId: row.appId, capability }),
      after: { consent: "ask" },
      title: `Propose grant ${capability}`,
    };
  }
  return null;
}
