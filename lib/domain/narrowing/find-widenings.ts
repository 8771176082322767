import { emptyProgram } from "../grouped-members";
import { kindOf } from "../kinds";
import { appIdOf, type Entry, type Member } from "../members";
import { groupPrograms, type PolicyState, readPlatform } from "../policy-state";
import { isSameValue } from "../same-value";
import { findHostWidening } from "./host-widening";
import { findRaisedLimit } from "./limit-widening";
import type { Widening } from "./widening";

/**
 * Everything by which `after` is not proven to allow no more than `before`, for every version, time and call (spec §6).
 * An empty list is the proof. Every member that is not the same before and after is judged by its kind, alone or with
 * what is in force beside it; there is no other way out. Each part is judged as if all others stood open: a host
 * behind a block or a grant of a suspended program counts, because lifting the block later shows nobody what it opens.
 */
export function findWidenings(before: PolicyState, after: PolicyState): Widening[] {
  const widenings: Widening[] = [];
  const hosts = new Set<string>();
  let isLimitTouched = false;
  let isBlockTouched = false;
  for (const { member, old, now } of changedMembers(before, after)) {
    const { widens } = kindOf(member.kind);
    const appId = appIdOf(member);
    if (widens.by === "value") {
      const code = widens.judge(old?.value ?? null, now?.value ?? null);
      if (code !== null) widenings.push({ code, appId, what: whatOf(member, now) });
    } else if (widens.of === "hosts") hosts.add(appId ?? "");
    else if (widens.of === "limits") isLimitTouched = true;
    else isBlockTouched = true;
  }
  if (hosts.size > 0) widenings.push(...hostWidenings(before, after, hosts));
  if (isLimitTouched) widenings.push(...limitWidenings(before, after));
  if (isBlockTouched) widenings.push(...blockWidenings(before, after));
  return widenings;
}

/** Whether one person may publish the step from `before` to `after` at once (spec §6). */
export function isNarrowing(before: PolicyState, after: PolicyState): boolean {
  return findWidenings(before, after).length === 0;
}

type ChangedMember = { member: Member; old: Entry | null; now: Entry | null };

function changedMembers(before: PolicyState, after: PolicyState): ChangedMember[] {
  const changed: ChangedMember[] = [];
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const old = before.get(key) ?? null;
    const now = after.get(key) ?? null;
    const member = (now ?? old)?.member;
    if (member === undefined || old === now || isSameValue(old?.value, now?.value)) continue;
    changed.push({ member, old, now });
  }
  return changed;
}

/** What the page names: the part of a program, the id of a person, the new value of a setting. */
function whatOf(member: Member, now: Entry | null): string {
  const { key } = kindOf(member.kind);
  if ("personId" in member) return member.personId;
  return key.name(member) ?? (typeof now?.value === "object" ? "" : String(now?.value ?? ""));
}

function hostWidenings(before: PolicyState, after: PolicyState, appIds: ReadonlySet<string>): Widening[] {
  const old = groupPrograms(before);
  const now = groupPrograms(after);
  const rulesOf = (programs: typeof old, appId: string) =>
    (programs.get(appId) ?? emptyProgram(appId)).hosts.map(({ rule }) => rule);
  return [...appIds].flatMap((appId) => {
    const found = findHostWidening(rulesOf(old, appId), rulesOf(now, appId));
    return found === null ? [] : [{ code: found.code, appId, what: found.what }];
  });
}

function limitWidenings(before: PolicyState, after: PolicyState): Widening[] {
  const platform = { old: readPlatform(before).limits, now: readPlatform(after).limits };
  const old = groupPrograms(before);
  const now = groupPrograms(after);
  // And of programs still to come, which have no limits of their own.
  return [null, ...new Set([...old.keys(), ...now.keys()])].flatMap((appId) => {
    const limitsIn = (programs: typeof old) => (appId === null ? {} : (programs.get(appId)?.limits ?? {}));
    const raised = findRaisedLimit(
      { program: limitsIn(old), platform: platform.old },
      { program: limitsIn(now), platform: platform.now },
    );
    return raised === null ? [] : [{ code: "LIMIT_RAISED" as const, appId, what: raised }];
  });
}

/** A block covers every name below it, so one above it takes its place. */
function blockWidenings(before: PolicyState, after: PolicyState): Widening[] {
  const now = readPlatform(after).blockedHosts;
  return readPlatform(before)
    .blockedHosts.filter((host) => !now.some((other) => host === other || host.endsWith(`.${other}`)))
    .map((host) => ({ code: "HOST_UNBLOCKED", appId: null, what: host }));
}
