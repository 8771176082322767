"use client";

import { useQuery } from "@tanstack/react-query";
import { Face } from "@/components/ui/face";
import type { ChangeSetView } from "@/lib/contracts/change-sets";
import { hasPermission } from "@/lib/domain/roles";
import { plural } from "@/lib/format/count";
import { PROPOSERS, peopleQuery } from "@/lib/queries/people";

/** Who proposes, and who may approve after them. */
export function ApprovalPanel({ set }: { set: ChangeSetView }) {
  const people = useQuery(peopleQuery(PROPOSERS));
  const items = people.data?.items ?? [];
  const others = (people.data?.total ?? 0) - items.length;
  const words = (id: string, role: Parameters<typeof hasPermission>[0]) => {
    if (id === set.publishedBy?.id && set.decidedBy === null) return "published";
    if (id === set.decidedBy?.id) return set.state === "refused" ? "refused" : "approved";
    if (id === set.owner.id) return set.state === "draft" ? "edits" : "proposed";
    if (!hasPermission(role, "changes.approve")) return `${role}, never approves`;
    if (set.makerIds.includes(id)) return "made a token or key";
    return set.state === "draft" || set.state === "proposed" ? "may approve" : role;
  };
  return (
    <div>
      <h2 className="mb-2 text-section">Approval</h2>
      <ul>
        {people.isSuccess && !items.some(({ id }) => id === set.owner.id) && (
          <li className="flex h-7 items-center gap-2">
            <Face name={set.owner.name} isSmall />
            <span className="min-w-0 truncate">{set.owner.name}</span>
            <span className="ml-auto whitespace-nowrap text-muted">proposed</span>
          </li>
        )}
        {items.map(({ id, name, role }) => (
          <li key={id} className="flex h-7 items-center gap-2">
            <Face name={name} isSmall />
            <span className="min-w-0 truncate">{name}</span>
            <span className="ml-auto whitespace-nowrap text-muted">{words(id, role)}</span>
          </li>
        ))}
        {others > 0 && <li className="text-muted">and {plural(others, "other")}</li>}
      </ul>
      <p className="mt-2 text-muted">
        An approval is bound to the members that change, their values before, and what is in force after it. Other
        publishes void it only where they change one of these members, or where with them it would allow more.
      </p>
    </div>
  );
}
