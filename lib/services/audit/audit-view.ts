import type { auditEntries } from "@/db/schema";
import type { AuditEntryView } from "@/lib/contracts/audit";

/** An entry as the console shows it. */
export function toAuditView(row: typeof auditEntries.$inferSelect): AuditEntryView {
  const text = (value: unknown): string | null => (typeof value === "string" ? value : null);
  return {
    ...row,
    at: row.at.toISOString(),
    actor: {
      kind: text(row.actor.kind) ?? "system",
      id: text(row.actor.id),
      name: text(row.actor.name) ?? "",
    },
    before: row.before ?? null,
    after: row.after ?? null,
  };
}
