import type { Limits, ProgramVersion } from "@/native/core/shapes/claims";
import {
  emptyProgram,
  entriesOf,
  groupPrograms,
  memberValue,
  type PlatformMembers,
  type PolicyState,
  type ProgramMembers,
  readPlatform,
} from "../policy-state";
import { isSameValue } from "../same-value";
import { isGrantWider } from "./grant-widening";
import { findHostWidening } from "./host-widening";
import { findRaisedLimit } from "./limit-widening";
import { mayDecideMore } from "./person-widening";
import type { Widening } from "./widening";

/**
 * Everything by which `after` is not proven to allow no more than `before`, for every version, time and call (spec §6).
 * An empty list is the proof. Each part is judged as if all others stood open: a host behind a block or a grant of a
 * suspended program counts, because lifting the block later shows nobody what it opens.
 */
export function findWidenings(before: PolicyState, after: PolicyState): Widening[] {
  const widenings: Widening[] = [];
  const oldPlatform = readPlatform(before);
  const newPlatform = readPlatform(after);
  const oldPrograms = groupPrograms(before);
  const newPrograms = groupPrograms(after);
  for (const appId of new Set([...oldPrograms.keys(), ...newPrograms.keys()])) {
    const old = oldPrograms.get(appId) ?? emptyProgram(appId);
    const program = newPrograms.get(appId) ?? emptyProgram(appId);
    widenings.push(...programWidenings(old, program, oldPlatform.limits, newPlatform.limits));
  }
  widenings.push(...platformWidenings(oldPlatform, newPlatform));
  widenings.push(...keyWidenings(before, after), ...personWidenings(before, after));
  for (const { member } of entriesOf(after, "sign-in")) {
    if (memberValue(before, member) === null) {
      widenings.push({ code: "SIGN_IN_GIVEN", appId: null, what: member.personId });
    }
  }
  return widenings;
}

/** Whether one person may publish the step from `before` to `after` at once (spec §6). */
export function isNarrowing(before: PolicyState, after: PolicyState): boolean {
  return findWidenings(before, after).length === 0;
}

function programWidenings(
  before: ProgramMembers,
  after: ProgramMembers,
  platformBefore: Limits,
  platformAfter: Limits,
): Widening[] {
  const { appId } = after;
  const found: Widening[] = [];
  const add = (code: Widening["code"], what: string) => found.push({ code, appId, what });
  if (before.status !== "active" && after.status === "active") add("STATUS_LIFTED", after.status);
  if (before.registration !== null && after.registration?.publisherId !== before.registration.publisherId) {
    add("PUBLISHER_CHANGED", after.registration?.publisherId ?? "");
  }
  for (const version of after.versions) {
    const old = before.versions.find((other) => other.code === version.code);
    if (old === undefined || !isVersionWithin(old, version)) add("VERSION_ADDED", String(version.code));
  }
  for (const [capability, grant] of Object.entries(after.grants)) {
    const old = before.grants[capability];
    if (old === undefined) add("GRANT_ADDED", capability);
    else if (isGrantWider(old, grant)) add("GRANT_WIDER", capability);
  }
  const host = findHostWidening(
    before.hosts.map(({ rule }) => rule),
    after.hosts.map(({ rule }) => rule),
  );
  if (host !== null) add(host.code, host.what);
  // A program's own limit replaces the platform's of its name (spec §4), so what counts is what is in force.
  const limit = findRaisedLimit({ ...platformBefore, ...before.limits }, { ...platformAfter, ...after.limits });
  if (limit !== null) add("LIMIT_RAISED", limit);
  for (const { from, actions } of after.receives) {
    const old = before.receives.find((receiver) => receiver.from === from)?.actions ?? [];
    if (actions.some((action) => !old.includes(action))) add("RECEIVER_ADDED", from);
  }
  for (const page of after.externalRoutes) if (!before.externalRoutes.includes(page)) add("ROUTE_ADDED", page);
  return found;
}

function isVersionWithin(before: ProgramVersion, after: ProgramVersion): boolean {
  return (
    isSameValue({ ...before, declares: [] }, { ...after, declares: [] }) &&
    after.declares.every((capability) => before.declares.includes(capability))
  );
}

function platformWidenings(before: PlatformMembers, after: PlatformMembers): Widening[] {
  const found: Widening[] = [];
  const add = (code: Widening["code"], what: string) => found.push({ code, appId: null, what });
  // Programs still to come have no limits of their own, whatever those of today say.
  const limit = findRaisedLimit(before.limits, after.limits);
  if (limit !== null) add("LIMIT_RAISED", limit);
  for (const host of before.blockedHosts) {
    const isBlocked = after.blockedHosts.some((other) => host === other || host.endsWith(`.${other}`));
    if (!isBlocked) add("HOST_UNBLOCKED", host);
  }
  for (const [kind, version] of Object.entries(before.minRuntime)) {
    const now = after.minRuntime[kind];
    if (now === undefined || isLower(now, version)) add("RUNTIME_LOWERED", kind);
  }
  if (before.graceSeconds !== null && (after.graceSeconds === null || after.graceSeconds > before.graceSeconds)) {
    add("GRACE_LONGER", String(after.graceSeconds));
  }
  // Seeing less is no call allowed, and still nothing that one person should do to everybody's sight.
  if (before.telemetry !== null) {
    const now = after.telemetry;
    const isLess =
      now === null ||
      now.sampling < before.telemetry.sampling ||
      now.intervalSeconds > before.telemetry.intervalSeconds;
    if (isLess) add("TELEMETRY_LESS", "");
  }
  return found;
}

function isLower(a: string, b: string): boolean {
  const left = a.split(".").map(Number);
  const right = b.split(".").map(Number);
  const at = left.findIndex((part, index) => part !== right[index]);
  return at !== -1 && (left[at] ?? 0) < (right[at] ?? 0);
}

function keyWidenings(before: PolicyState, after: PolicyState): Widening[] {
  const old = new Map(entriesOf(before, "publisher-key").map((entry) => [entry.member.kid, entry]));
  return entriesOf(after, "publisher-key")
    .filter(({ member, value }) => {
      const other = old.get(member.kid);
      if (value.status === "revoked") return false;
      return (
        other === undefined ||
        other.value.status === "revoked" ||
        other.member.publisherId !== member.publisherId ||
        !isSameValue(other.value.jwk, value.jwk)
      );
    })
    .map(({ member }) => ({ code: "KEY_ADDED", appId: null, what: member.kid }));
}

function personWidenings(before: PolicyState, after: PolicyState): Widening[] {
  const old = new Map(entriesOf(before, "person").map((entry) => [entry.member.personId, entry.value]));
  return entriesOf(after, "person")
    .filter(({ member, value }) => mayDecideMore(old.get(member.personId) ?? null, value))
    .map(({ member }) => ({ code: "PERSON_MAY_MORE", appId: null, what: member.personId }));
}
