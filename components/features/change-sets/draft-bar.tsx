"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useState } from "react";
import { Confirm } from "@/components/blocks/confirm";
import { Dock } from "@/components/blocks/page-main";
import { Refusal } from "@/components/blocks/refusal";
import { RelativeTime } from "@/components/blocks/relative-time";
import { Button } from "@/components/ui/button";
import { buttonLook } from "@/components/ui/button-look";
import { State } from "@/components/ui/state";
import { draftQuery } from "@/lib/queries/change-sets";
import { useMay } from "@/lib/queries/use-may";
import { weighSet } from "./describe-set";
import { useDecide } from "./use-decide";

/** At the bottom of every page while anything of mine is unpublished. */
export function DraftBar() {
  const mayPropose = useMay().call("editDraft");
  const query = useQuery({ ...draftQuery(), enabled: mayPropose });
  const [isAsking, setAsking] = useState(false);
  const discard = useDecide(() => setAsking(false));
  const draft = query.data?.draft ?? null;
  if (draft === null || draft.changes.length === 0) return null;
  return (
    <Dock label="My draft">
      <State mark="draft">Change set {draft.number}</State>
      <strong>{weighSet(draft)}.</strong>
      <span className="text-muted max-two:hidden">
        Not proposed yet; edited by you <RelativeTime at={draft.updatedAt} />
      </span>
      <span className="ml-auto flex gap-2">
        <Button tone="quiet" size="small" onClick={() => setAsking(true)}>
          Discard
        </Button>
        <Link href={`/policy/${draft.id}`} className={buttonLook({ size: "small" })}>
          Review
        </Link>
      </span>
      <Confirm
        isOpen={isAsking}
        title={`Discard change set ${draft.number}?`}
        verb="Discard draft"
        keep="Keep it"
        isDanger
        isBusy={discard.isPending}
        doing="Discarding…"
        problem={discard.error && <Refusal error={discard.error} />}
        onConfirm={() => discard.mutate({ id: draft.id, verb: "discard" })}
        onClose={() => setAsking(false)}
      >
        {weighSet(draft)}. Nothing was published; what stands in the draft is gone.
      </Confirm>
    </Dock>
  );
}
