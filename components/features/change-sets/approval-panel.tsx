"use client";

import { Face } from "@/components/ui/face";
import type { ChangeSetDetail, Part } from "@/lib/contracts/change-sets";
import type { VerbRefusal } from "@/lib/domain/change-set-lifecycle";
import { isOpenChangeSet } from "@/lib/domain/lifecycles";
import { plural } from "@/lib/format/count";

const DID = { approved: "approved", refused: "refused", published: "published" } as const;
const MAY = { approve: "may approve", publish: "may publish" } as const;

/** Why it is not this person's turn, in few words; the sentence stands with the buttons of the person themselves. */
const WHY_NOT: Record<VerbRefusal, string> = {
  ROLE: "does not decide this",
  STATE: "",
  NOT_OWNER: "",
  OWN_PROPOSAL: "proposed",
  OWN_PUBLISHER: "belongs to its publisher",
  OWN_TOKEN: "made its publisher a token",
  OWN_KEY: "proposed its publisher a key",
  UNKNOWN_MAKER: "nobody may approve",
  OWN_PERSON: "is whom it changes",
  NOT_NARROWING: "",
  NOT_MIXED: "",
  NOTHING_CHANGES: "",
  UNDO_OVER: "",
  UNDONE: "",
};

/** Whose turn it is, and whose it was, as the server judged each of them. */
export function ApprovalPanel({ set }: { set: ChangeSetDetail }) {
  return (
    <div>
      <h2 className="mb-2 text-section">Approval</h2>
      <ul>
        {set.isListing && (
          <li className="flex h-7 items-center gap-2">
            <Face name={set.owner.name} isSmall />
            <span className="min-w-0 truncate">
              <bdi>{set.owner.name}</bdi>
            </span>
            <span className="ml-auto whitespace-nowrap text-muted">submitted</span>
          </li>
        )}
        {set.parts.map((part) => (
          <li key={part.person.id} className="flex h-7 items-center gap-2">
            <Face name={part.person.name} isSmall />
            <span className="min-w-0 truncate">
              <bdi>{part.person.name}</bdi>
            </span>
            <span className="ml-auto whitespace-nowrap text-muted">{wordsOf(part, set)}</span>
          </li>
        ))}
        {set.otherParts > 0 && <li className="text-muted">and {plural(set.otherParts, "other")}</li>}
      </ul>
      {isOpenChangeSet(set.state) && (
        <p className="mt-2 text-muted">
          An approval is bound to the members that change, their values before, and what is in force after it. Other
          publishes void it only where they change one of these members, or where with them it would allow more.
        </p>
      )}
    </div>
  );
}

function wordsOf({ role, did, may, refusal }: Part, set: ChangeSetDetail): string {
  const done = did === null ? null : did === "began" ? (set.state === "draft" ? "edits" : "proposed") : DID[did];
  if (may !== null) return done === null ? MAY[may] : `${done}, ${MAY[may]}`;
  if (done !== null) return done;
  return (refusal !== null && WHY_NOT[refusal]) || role;
}
