import type { MemberValues } from "../members";
import { hasPermission, ROLE_PERMISSIONS, type Role } from "../roles";

type Person = MemberValues["person"];

/** A role that proposes or approves: giving it takes two people once set-up is done (spec §6). */
export function isDecidingRole(role: Role): boolean {
  return hasPermission(role, "changes.propose") || hasPermission(role, "changes.approve");
}

/**
 * Whether the person may decide more than before. A deciding person's publisher and e-mail count too: leaving a
 * publisher opens approvals for it, and an identity provider knows people by their e-mail.
 */
export function mayDecideMore(before: Person | null, after: Person): boolean {
  if (after.state === "disabled" || !isDecidingRole(after.role)) return false;
  if (before === null || before.state === "disabled") return true;
  if (before.state === "invited" && after.state === "active") return true;
  if (ROLE_PERMISSIONS[after.role].some((permission) => !hasPermission(before.role, permission))) return true;
  if (before.email.toLowerCase() !== after.email.toLowerCase()) return true;
  return before.publisherId !== null && before.publisherId !== after.publisherId;
}
