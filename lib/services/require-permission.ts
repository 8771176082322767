import { type Actor, hasPermission, type Permission } from "@/lib/domain/roles";
import { AppError } from "@/lib/platform/errors";

/** The check behind the handler's: a verb never trusts that its caller asked. Raises `forbidden`. */
export function requirePermission(actor: Actor, permission: Permission): void {
  if (actor.kind === "system") return;
  if (actor.kind !== "person" || !hasPermission(actor.role, permission)) {
    throw new AppError("forbidden", "Your role does not allow this.");
  }
}
