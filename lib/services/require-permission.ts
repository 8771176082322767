import { type Actor, admits, type Permission, ROLE_PERMISSIONS } from "@/lib/domain/roles";
import { AppError } from "@/lib/platform/errors";

/** The check behind the handler's: a verb never trusts that its caller asked. One of several is enough. Raises `forbidden`. */
export function requirePermission(actor: Actor, ...anyOf: readonly [Permission, ...Permission[]]): void {
  if (actor.kind === "system") return;
  if (actor.kind !== "person" || !admits(anyOf, ROLE_PERMISSIONS[actor.role])) {
    throw new AppError("forbidden", "Your role does not allow this.");
  }
}
