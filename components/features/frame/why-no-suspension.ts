import type { Readiness } from "@/lib/contracts/readiness";
import { CHECKS } from "@/lib/domain/readiness-names";
import { hasPermission, type Role } from "@/lib/domain/roles";
import { ConsoleError } from "@/lib/http/console-client";

/** Whoever would suspend, and whoever can mend it: nobody else is told. */
export const mayActOnReadiness = (role: Role): boolean =>
  hasPermission(role, "changes.narrow") || hasPermission(role, "settings.manage");

/** What is to be said where readiness itself could not be asked. */
export function whyUnread(error: Error): { says: string; remedy: string } {
  if (error instanceof ConsoleError && error.code === "unauthenticated") {
    return { says: "your session has ended.", remedy: "Sign in again." };
  }
  return { says: error.message, remedy: "What devices hold stays in force; the server's log says more." };
}

/** The first failure that stops narrowing, and what to do; null while a suspension would get out. */
export function whyNoSuspension({ checks }: Pick<Readiness, "checks">): { says: string; remedy: string | null } | null {
  return checks.find(({ name, state }) => state === "failed" && CHECKS[name].stopsNarrowing) ?? null;
}
