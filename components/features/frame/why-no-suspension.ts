import { CHECKS, type Readiness } from "@/lib/contracts/readiness";
import { hasPermission, type Role } from "@/lib/domain/roles";

/** Whoever would suspend, and whoever can mend it: nobody else is told. */
export const mayActOnReadiness = (role: Role): boolean =>
  hasPermission(role, "changes.narrow") || hasPermission(role, "settings.manage");

/** The first failure that stops narrowing, and what to do; null while a suspension would get out. */
export function whyNoSuspension({ checks }: Pick<Readiness, "checks">): { says: string; remedy: string | null } | null {
  return checks.find(({ name, state }) => state === "failed" && CHECKS[name].stopsNarrowing) ?? null;
}
