import type { AuditEntryView } from "@/lib/contracts/audit";
import { NowCalled } from "./now-called";

/** Whoever has a name by the one of then; what acts by itself by its technical name. */
export function ActorName({ actor: { kind, name, nameNow } }: { actor: AuditEntryView["actor"] }) {
  return kind !== "system" ? (
    <span>
      <bdi>{name}</bdi>
      <NowCalled name={nameNow} />
    </span>
  ) : (
    <code>
      <bdi>{name}</bdi>
    </code>
  );
}
