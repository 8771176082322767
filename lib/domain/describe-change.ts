import type { Grant, HostRule, Limit } from "@/native/core/shapes/claims";
import { parseEntry } from "./member-values";
import type { Change, Entry, MemberValues } from "./members";
import { isGrantWider } from "./narrowing/grant-widening";

/**
 * One line that says what a change does, for lists and audit: "Lowered requestsPerMinute 600 → 300". The program's name
 * is the page's to add. Answers with the member's kind for a value that this release cannot read.
 */
export function describeChange(change: Change): string {
  const before = read(change, change.before);
  const after = read(change, change.after);
  const shown = after ?? before;
  if (shown === null) return `Changed ${change.member.kind}`;
  return describeEntry(shown, before, after);
}

function read(change: Change, value: unknown): Entry | null {
  if (value === null || value === undefined) return null;
  const parsed = parseEntry(change.member, value);
  return parsed.ok ? parsed.entry : null;
}

/** `before` and `after` are of the kind of `shown`, because all three are values of one member. */
function describeEntry(shown: Entry, before: Entry | null, after: Entry | null): string {
  const verb = before === null ? "Added" : after === null ? "Removed" : "Changed";
  switch (shown.kind) {
    case "publisher":
      return `${verb} publisher ${shown.value.name}`;
    case "publisher-key":
      if (before !== null && shown.value.status === "revoked")
        return `Revoked publisher key ${short(shown.member.kid)}`;
      return `${verb} publisher key ${short(shown.member.kid)}`;
    case "registration":
      return before === null ? `Registered ${shown.member.appId}` : `${verb} name to ${shown.value.name}`;
    case "status":
      return describeStatus(before?.value as MemberValues["status"] | undefined, shown.value);
    case "version":
      return after === null ? `Removed version ${shown.value.name}` : `Listed version ${shown.value.name}`;
    case "grant":
      return describeGrant(
        shown.member.capability,
        before?.value as Grant | undefined,
        after?.value as Grant | undefined,
      );
    case "host":
      return describeHost(before?.value as HostRule | undefined, after?.value as HostRule | undefined);
    case "limit":
      return describeLimit(shown.member.name, before?.value as Limit | undefined, after?.value as Limit | undefined);
    case "platform-limit":
      return `${describeLimit(shown.member.name, before?.value as Limit | undefined, after?.value as Limit | undefined)} for all programs`;
    case "receiver":
      return `${verb} receiver for ${shown.member.fromAppId}: ${shown.value.actions.join(", ")}`;
    case "route":
      return `${verb} external route ${shown.member.page}`;
    case "blocked-host":
      return after === null ? `Unblocked ${shown.member.host}` : `Blocked ${shown.member.host} for all programs`;
    case "min-runtime":
      return after === null
        ? `Removed the minimum ${shown.member.runtime} runtime`
        : `Set the minimum ${shown.member.runtime} runtime to ${shown.value}`;
    case "grace-seconds":
      return `Set the grace period to ${shown.value / 3600} h`;
    case "telemetry":
      return `Set telemetry to every ${shown.value.intervalSeconds} s, ${shown.value.sampling} % sampled`;
    case "person":
      return describePerson(before?.value as MemberValues["person"] | undefined, shown.value);
    case "sign-in":
      return shown.value.purpose === "reset" ? "Allowed one reset of a sign-in" : "Allowed one new invitation link";
  }
}

function describeStatus(before: MemberValues["status"] | undefined, after: MemberValues["status"]): string {
  if (after === "suspended") return "Suspended";
  if (after === "retired") return "Retired";
  return before === "suspended" ? "Lifted the suspension" : "Made active";
}

function describeGrant(capability: string, before: Grant | undefined, after: Grant | undefined): string {
  if (after === undefined) return `Removed grant ${capability}`;
  if (before === undefined) return `Granted ${capability}${after.consent === "ask" ? ", with consent" : ""}`;
  const isWider = isGrantWider(before, after);
  return `${isWider ? "Widened" : "Narrowed"} grant ${capability}`;
}

function describeHost(before: HostRule | undefined, after: HostRule | undefined): string {
  if (after === undefined) return `Removed host ${before === undefined ? "rule" : hostText(before)}`;
  if (before === undefined) return `Added host ${hostText(after)}`;
  return `Changed host ${hostText(before)} → ${hostText(after)}`;
}

function hostText(rule: HostRule): string {
  return `${rule.host}:${rule.ports.join(",")} ${rule.purposes.join(", ")}`;
}

function describeLimit(name: string, before: Limit | undefined, after: Limit | undefined): string {
  if (after === undefined) return `Removed limit ${name}${before === undefined ? "" : ` of ${before.max}`}`;
  if (before === undefined) return `Set ${name} to ${after.max}, ${after.action}`;
  if (after.max !== before.max)
    return `${after.max < before.max ? "Lowered" : "Raised"} ${name} ${before.max} → ${after.max}`;
  if (after.action !== before.action) return `Changed action of ${name} ${before.action} → ${after.action}`;
  return `Changed warning of ${name} to ${after.warn ?? Math.floor(after.max * 0.75)}`;
}

function describePerson(before: MemberValues["person"] | undefined, after: MemberValues["person"]): string {
  if (before === undefined) return `Invited ${after.name} as ${after.role}`;
  if (after.state === "disabled" && before.state !== "disabled") return `Disabled ${after.name}`;
  if (before.state === "disabled" && after.state !== "disabled") return `Enabled ${after.name} as ${after.role}`;
  if (before.role !== after.role) return `Changed ${after.name} from ${before.role} to ${after.role}`;
  return `Changed ${after.name}`;
}

function short(kid: string): string {
  return kid.length > 16 ? `${kid.slice(0, 8)}…${kid.slice(-4)}` : kid;
}
