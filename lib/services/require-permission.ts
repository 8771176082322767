import { type Actor, hasPermission, type Permission } from "@/lib/domain/roles";
import { AppError } from "@/lib/platform/errors";

/** The check behind the handler's: a verb never trusts that its caller asked. One of several is enough. Raises `forbidden`. */
export function requirePermission(actor: Actor, ...anyOf: readonly [Permission, ...Permission[]]): void {
  if (actor.kind === "system") return;
  if (actor.kind !== "person" || !anyOf.some((permission) => hasPermission(actor.role, permission))) {
    throw new AppError("forbidden", "Your role does not allow this.");
  }
}
