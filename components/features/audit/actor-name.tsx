import type { AuditEntryView } from "@/lib/contracts/audit";

/** People by name; what acts by itself by its technical name. */
export function ActorName({ actor }: { actor: AuditEntryView["actor"] }) {
  return actor.kind === "person" ? <span>{actor.name}</span> : <code>{actor.name}</code>;
}
