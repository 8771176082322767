import type { AuditFilter } from "@/lib/queries/audit";

export const AUDIT_FIELDS = ["q", "action", "appId", "changeSetId"] as const;

/** The filter that the address names. */
export function readAuditFilter(source: Record<string, string | string[] | undefined>): AuditFilter {
  const filter: AuditFilter = {};
  for (const name of AUDIT_FIELDS) {
    const value = source[name];
    if (typeof value === "string" && value !== "") filter[name] = value.slice(0, name === "q" ? 200 : 64);
  }
  return filter;
}
