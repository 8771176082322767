import type { AuditEntryView } from "@/lib/contracts/audit";

/** People by name; what acts by itself by its technical name. */
export function ActorName({ actor }: { actor: AuditEntryView["actor"] }) {
  return actor.kind === "person" ? (
    <span>
      <bdi>{actor.name}</bdi>
    </span>
  ) : (
    <code>
      <bdi>{actor.name}</bdi>
    </code>
  );
}
