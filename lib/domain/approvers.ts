import type { PersonState } from "./lifecycles";
import { hasPermission, type Role } from "./roles";

/** Set-up is done when this many others than the admin can approve (spec §6). */
export const APPROVERS_NEEDED = 2;

/** People who can approve now. Admins never do, so they never count. */
export function countApprovers(people: readonly { state: PersonState; role: Role }[]): number {
  return people.filter((person) => person.state === "active" && hasPermission(person.role, "changes.approve")).length;
}
