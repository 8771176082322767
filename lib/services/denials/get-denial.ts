import { and, desc, eq, inArray, isNotNull, ne } from "drizzle-orm";
import { countedEvents, eventOfDenial } from "@/db/counted";
import { changeSets, people, programs } from "@/db/schema";
import type { Database } from "@/db/store";
import type { DenialDetail, DenialRow } from "@/lib/contracts/programs";
import { formatMember } from "@/lib/domain/member-keys";
import type { Actor } from "@/lib/domain/roles";
import { AppError } from "@/lib/platform/errors";
import { HOST_PURPOSES, type HostPurpose } from "@/native/core/codes";
import { findApi, isCapability } from "@/native/core/decide/catalog";
import { compilePolicy } from "@/native/core/decide/compile-policy";
import { explainHost } from "@/native/core/decide/explain";
import { schemeOf } from "@/native/core/decide/read-url";
import { sayNearest } from "@/native/core/decide/say-trace";
import type { Trace } from "@/native/core/decide/trace";
import { addSaturating } from "@/native/core/telemetry/add-saturating";
import type { ServiceContext } from "../context";
import { createDeviceCount } from "../measures/device-count";
import { hoursOfDetails, liveDetails } from "../measures/read-details";
import { platformClaimsAt, programClaimsAt } from "../programs/newest-claims";
import { requirePermission } from "../require-permission";
import { buildLadder } from "./ladder";
import { withNames } from "./list-denials";
import { readPointer } from "./read-pointer";

const SIMILAR_MAX = 10;

/**
 * One denial explained: the ladder of checks, the rule text of the revision that decided with who made it, and a change
 * that would allow it. Where the single event was sampled away or has not arrived, its cause key still finds the cause.
 * Raises `not_found`.
 */
export async function getDenial(context: ServiceContext, actor: Actor, denialId: string): Promise<DenialDetail> {
  requirePermission(actor, "console.read");
  const { db } = context.store;
  const cause = denialId.slice(0, 16);
  const events = countedEvents(db);
  const exact = await eventOfDenial(db, denialId);
  const [alike] =
    exact !== null
      ? [exact]
      : await db
          .select()
          .from(events)
          .where(and(eq(events.cause, cause), isNotNull(events.denialId)))
          .orderBy(desc(events.at))
          .limit(1);
  const [row] = await withNames(db, alike === undefined ? [] : [alike]);
  if (row === undefined) throw new AppError("not_found", "No such denial was reported.");
  const others = await db
    .select()
    .from(events)
    .where(and(eq(events.cause, cause), isNotNull(events.denialId), ne(events.denialId, row.denialId)))
    .orderBy(desc(events.at))
    .limit(SIMILAR_MAX);
  const trace = await decideAgain(db, row);
  return {
    ...row,
    ladder: buildLadder(row, row.target.includes(":") || row.purpose !== null, trace),
    nearest: trace?.nearest == null ? null : sayNearest(trace.nearest),
    decidedBy: await explainRule(db, row),
    ...(await countCause(db, row.appId, cause)),
    similar: await withNames(db, others),
    proposal: await proposalFor(context, row),
  };
}

/** How often, and on how many devices, in all that is kept. */
async function countCause(db: Database, appId: string, cause: string): Promise<{ times: number; devices: number }> {
  const asked = { appId, kind: "cause", sinceMs: 0, names: [cause] } as const;
  const devices = createDeviceCount();
  let times = 0;
  for (const hour of await hoursOfDetails(db, asked)) {
    times = addSaturating(times, hour.refused);
    devices.addPacked(hour.devices);
  }
  for (const { deviceId, refused } of (await liveDetails(db, asked)).details) {
    times = addSaturating(times, refused);
    devices.addDevice(deviceId);
  }
  return { times, devices: devices.count() };
}

/**
 * The host decision made again by the documents that the device named: what each check saw, and what came nearest. Null
 * where a document or the question is not known, or the device decided otherwise: nothing is told that did not decide.
 */
async function decideAgain(db: Database, row: DenialRow): Promise<Trace | null> {
  const { versionCode, programPosition, platformPosition } = row;
  const purpose = HOST_PURPOSES.find((one) => one === row.purpose);
  if (versionCode === null || programPosition === null || platformPosition === null || purpose === undefined)
    return null;
  const program = await programClaimsAt(db, row.appId, programPosition);
  const platform = await platformClaimsAt(db, platformPosition);
  if (program === null || platform === null) return null;
  const trace = explainHost(compilePolicy(program.claims, platform.claims), {
    versionCode,
    url: `${schemeOf(purpose)}://${row.target}/`,
    purpose,
    now: Math.floor(Date.parse(row.at) / 1000),
  });
  return trace.code === row.code && trace.layer === row.layer && trace.rule === row.rule ? trace : null;
}

/** The rule as it stood in the revision that the device named, and the decision behind that revision. */
async function explainRule(db: Database, row: DenialRow): Promise<DenialDetail["decidedBy"]> {
  const isPlatform = row.layer === "platform";
  const position = isPlatform ? row.platformPosition : row.programPosition;
  if (position === null) return null;
  const document = isPlatform ? await platformClaimsAt(db, position) : await programClaimsAt(db, row.appId, position);
  if (document === null) return null;
  const decision = await readDecision(db, document.issue.changeSetId);
  return {
    pointer: row.rule ?? "",
    value: row.rule === null ? null : (readPointer(document.claims, row.rule) ?? null),
    at: document.issue.createdAt.toISOString(),
    ...decision,
  };
}

async function readDecision(db: Database, changeSetId: string | null) {
  const nobody = { changeSetId: null, changeSetNumber: null, author: null, approver: null };
  if (changeSetId === null) return nobody;
  const [set] = await db.select().from(changeSets).where(eq(changeSets.id, changeSetId)).limit(1);
  if (set === undefined) return nobody;
  const names = await db
    .select({ id: people.id, name: people.name })
    .from(people)
    .where(inArray(people.id, [set.ownerId, set.decidedBy ?? set.ownerId]));
  const nameOf = (id: string | null) => names.find((person) => person.id === id)?.name ?? null;
  return {
    changeSetId,
    changeSetNumber: set.number,
    author: nameOf(set.ownerId),
    approver: nameOf(set.decidedBy),
  };
}

/** The change from which a proposal would start: a rule for the host, or the grant. Null where neither would help. */
async function proposalFor(context: ServiceContext, row: DenialRow): Promise<DenialDetail["proposal"]> {
  const [program] = await context.store.db
    .select({ status: programs.status })
    .from(programs)
    .where(eq(programs.appId, row.appId))
    .limit(1);
  if (program === undefined) return null;
  if (row.code === "HOST_NOT_ALLOWED") {
    const [host, port] = row.target.split(":");
    if (host === undefined || port === undefined) return null;
    // Safe: the batch's shape admits the closed list of purposes alone.
    const purposes = [(row.purpose ?? "request") as HostPurpose];
    return {
      // A new rule: its id is made when the change is written.
      member: `program:${row.appId}/host:new`,
      after: { host, ports: [Number(port)], purposes },
      title: `Propose host ${host}`,
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
