import { APPROVERS_NEEDED, countApprovers } from "../approvers";
import { emptyProgram } from "../grouped-members";
import { kindOf } from "../kinds";
import { formatMember } from "../member-keys";
import { appIdOf, type Entry, type Member } from "../members";
import { entriesOf, groupPrograms, type PolicyState, readPlatform } from "../policy-state";
import { isSameValue } from "../same-value";
import type { Widening } from "../widening";
import { findHostWidening } from "./host-widening";
import { findRaisedLimit } from "./limit-widening";

/**
 * Everything by which `after` is not proven to allow no more than `before`, for every version, time and call (spec §6).
 * An empty list is the proof. Every member that is not the same before and after is judged by its kind, alone or with
 * what is in force beside it; there is no other way out. Each part is judged as if all others stood open: a host
 * behind a block or a grant of a suspended program counts, because lifting the block later shows nobody what it opens.
 *
 * With `approved`, a state that somebody approved before: everything by which `after` goes beyond both, question by
 * question. An approval allows what its approver saw in force, whatever others published since.
 */
export function findWidenings(before: PolicyState, after: PolicyState, approved?: PolicyState): Widening[] {
  const allowed = approved === undefined ? [before] : [before, approved];
  const widenings: Widening[] = [];
  const hosts = new Set<string>();
  let isLimitTouched = false;
  let isBlockTouched = false;
  let isPersonTouched = false;
  for (const { member, now } of changedMembers(before, after)) {
    const { widens } = kindOf(member.kind);
    const appId = appIdOf(member);
    if (member.kind === "person") isPersonTouched = true;
    if (widens.by === "value") {
      const key = formatMember(member);
      const after = now?.value ?? null;
      const codes = allowed.map((state) => {
        const value = state.get(key)?.value ?? null;
        return isSameValue(value, after) ? null : widens.judge(value, after);
      });
      const [code] = codes;
      if (code !== undefined && code !== null && codes.every((other) => other !== null)) {
        widenings.push({ code, appId, what: whatOf(member, now) });
      }
    } else if (widens.of === "hosts") hosts.add(appId ?? "");
    else if (widens.of === "limits") isLimitTouched = true;
    else isBlockTouched = true;
  }
  if (hosts.size > 0) widenings.push(...hostWidenings(allowed, after, hosts));
  if (isLimitTouched) widenings.push(...limitWidenings(allowed, after));
  if (isBlockTouched) widenings.push(...blockWidenings(allowed, after));
  if (isPersonTouched) widenings.push(...approverWidenings(allowed, after));
  return widenings;
}

/** Whether one person may publish the step from `before` to `after` at once (spec §6). */
export function isNarrowing(before: PolicyState, after: PolicyState): boolean {
  return findWidenings(before, after).length === 0;
}

type ChangedMember = { member: Member; now: Entry | null };

function changedMembers(before: PolicyState, after: PolicyState): ChangedMember[] {
  const changed: ChangedMember[] = [];
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const old = before.get(key) ?? null;
    const now = after.get(key) ?? null;
    const member = (now ?? old)?.member;
    if (member === undefined || old === now || isSameValue(old?.value, now?.value)) continue;
    changed.push({ member, now });
  }
  return changed;
}

/** What the page names: the part of a program, the id of a person, the new value of a setting. */
function whatOf(member: Member, now: Entry | null): string {
  const { key } = kindOf(member.kind);
  if ("personId" in member) return member.personId;
  return key.name(member) ?? (typeof now?.value === "object" ? "" : String(now?.value ?? ""));
}

function hostWidenings(allowed: readonly PolicyState[], after: PolicyState, appIds: ReadonlySet<string>): Widening[] {
  const olds = allowed.map(groupPrograms);
  const now = groupPrograms(after);
  const rulesOf = (programs: typeof now, appId: string) =>
    (programs.get(appId) ?? emptyProgram(appId)).hosts.map(({ rule }) => rule);
  return [...appIds].flatMap((appId) => {
    const found = findHostWidening(
      olds.map((programs) => rulesOf(programs, appId)),
      rulesOf(now, appId),
    );
    return found === null ? [] : [{ code: found.code, appId, what: found.what }];
  });
}

function limitWidenings(allowed: readonly PolicyState[], after: PolicyState): Widening[] {
  const sides = [...allowed, after].map((state) => ({
    platform: readPlatform(state).limits,
    programs: groupPrograms(state),
  }));
  const appIds = new Set(sides.flatMap(({ programs }) => [...programs.keys()]));
  // And of programs still to come, which have no limits of their own.
  return [null, ...appIds].flatMap((appId) => {
    const pairs = sides.map(({ platform, programs }) => ({
      platform,
      program: appId === null ? {} : (programs.get(appId)?.limits ?? {}),
    }));
    const now = pairs.pop();
    const raised = now === undefined ? null : findRaisedLimit(pairs, now);
    return raised === null ? [] : [{ code: "LIMIT_RAISED" as const, appId, what: raised }];
  });
}

/**
 * Nothing is allowed by it, and still fewer than two people who can approve is what one person makes alone by no
 * disabling and no other role: then that person decides with whom they please. Whoever must be stopped at once is locked.
 */
function approverWidenings(allowed: readonly PolicyState[], after: PolicyState): Widening[] {
  const approversIn = (state: PolicyState) => countApprovers(entriesOf(state, "person").map(({ value }) => value));
  const left = approversIn(after);
  const isFewer = left < APPROVERS_NEEDED && allowed.every((state) => left < approversIn(state));
  return isFewer ? [{ code: "APPROVERS_FEWER", appId: null, what: String(left) }] : [];
}

/** A block covers every name below it, so one above it takes its place. */
function blockWidenings(allowed: readonly PolicyState[], after: PolicyState): Widening[] {
  const [before = [], ...others] = allowed.map((state) => readPlatform(state).blockedHosts);
  const now = readPlatform(after).blockedHosts;
  const isBlockedBy = (blocks: readonly string[], host: string) =>
    blocks.some((other) => host === other || host.endsWith(`.${other}`));
  return before
    .filter((host) => !isBlockedBy(now, host) && others.every((blocks) => isBlockedBy(blocks, host)))
    .map((host) => ({ code: "HOST_UNBLOCKED", appId: null, what: host }));
}
