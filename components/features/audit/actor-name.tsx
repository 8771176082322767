import type { AuditEntryView } from "@/lib/contracts/audit";

/** Whoever has a name by that; what acts by itself by its technical name. */
export function ActorName({ actor }: { actor: AuditEntryView["actor"] }) {
  return actor.kind !== "system" ? (
    <span>
      <bdi>{actor.name}</bdi>
    </span>
  ) : (
    <code>
      <bdi>{actor.name}</bdi>
    </code>
  );
}
