"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { Confirm } from "@/components/blocks/confirm";
import { Dock } from "@/components/blocks/page-main";
import { useShortcut } from "@/components/blocks/shortcuts";
import { ChangeSetState } from "@/components/features/change-sets/change-set-state";
import { weighSet } from "@/components/features/change-sets/describe-set";
import { useDecide } from "@/components/features/change-sets/use-decide";
import { Button } from "@/components/ui/button";
import { Kbd } from "@/components/ui/kbd";
import { useToast } from "@/components/ui/toast";
import type { ChangeSetView } from "@/lib/contracts/change-sets";
import { plural } from "@/lib/format/count";
import { splitDraft } from "@/lib/queries/change-sets";

type SetDockProps = { set: ChangeSetView; reason: string };

/** The verbs that this person has on this set now, and no others. */
export function SetDock({ set, reason }: SetDockProps) {
  const router = useRouter();
  const client = useQueryClient();
  const toast = useToast();
  const [asks, setAsks] = useState<"discard" | "withdraw" | null>(null);
  const decide = useDecide((done) => {
    setAsks(null);
    if (done.state === "discarded") router.push("/policy");
  });
  const split = useMutation({
    mutationFn: () => splitDraft(client, set.id, reason.trim()),
    onSuccess: ({ narrowing }) => router.push(`/policy/${narrowing.id}`),
    onError: (error) => toast({ text: error.message, mark: "differs" }),
  });
  const may = (verb: ChangeSetView["allowedVerbs"][number]) => set.allowedVerbs.includes(verb);
  const hasReason = reason.trim().length >= 3;
  const run = (verb: Parameters<typeof decide.mutate>[0]["verb"], withReason = false) => {
    if (!decide.isPending) decide.mutate({ id: set.id, verb, ...(withReason ? { reason: reason.trim() } : {}) });
  };
  useShortcut("a", "Approve", () => run("approve", true), may("approve"));
  useShortcut("r", "Refuse", () => hasReason && run("refuse", true), may("refuse"));
  const narrowing = set.changes.filter(({ direction }) => direction === "narrows").length;
  const widening = set.changes.length - narrowing;
  return (
    <Dock label="Decide">
      <ChangeSetState state={set.state} />
      <strong>{weighSet(set)}.</strong>
      <span className="min-w-0 flex-1 text-muted max-two:basis-full">{set.blockedBy}</span>
      <span className="ml-auto flex flex-wrap gap-2 max-phone:w-full max-phone:[&>*]:flex-1">
        {may("discard") && (
          <Button tone="quiet" onClick={() => setAsks("discard")}>
            Discard
          </Button>
        )}
        {may("withdraw") && <Button onClick={() => setAsks("withdraw")}>Withdraw</Button>}
        {may("split") && (
          <Button disabled={!hasReason || split.isPending} title={needs(hasReason)} onClick={() => split.mutate()}>
            Split off {plural(narrowing, "that narrows", "that narrow")}
          </Button>
        )}
        {may("narrow") && (
          <Button
            tone="primary"
            disabled={!hasReason || decide.isPending}
            title={needs(hasReason)}
            onClick={() => run("narrow", true)}
          >
            Publish now
          </Button>
        )}
        {may("propose") && (
          <Button
            tone={may("narrow") ? "plain" : "primary"}
            disabled={!hasReason || decide.isPending}
            title={needs(hasReason)}
            onClick={() => run("propose", true)}
          >
            Ask for approval{widening > 0 && widening < set.changes.length ? ` of ${set.changes.length}` : ""}
          </Button>
        )}
        {may("refuse") && (
          <Button
            disabled={!hasReason || decide.isPending}
            title={needs(hasReason)}
            onClick={() => run("refuse", true)}
          >
            Refuse <Kbd>r</Kbd>
          </Button>
        )}
        {may("approve") && (
          <Button tone="primary" disabled={decide.isPending} onClick={() => run("approve", true)}>
            Approve <Kbd>a</Kbd>
          </Button>
        )}
        {may("publish") && (
          <Button tone="primary" disabled={decide.isPending} onClick={() => run("publish")}>
            Publish
          </Button>
        )}
        {may("undo") && (
          <Button disabled={decide.isPending} onClick={() => run("undo")}>
            Undo
          </Button>
        )}
      </span>
      <Confirm
        isOpen={asks !== null}
        title={asks === "discard" ? `Discard change set ${set.number}?` : `Withdraw change set ${set.number}?`}
        verb={asks === "discard" ? "Discard draft" : "Withdraw"}
        keep="Keep it"
        isDanger={asks === "discard"}
        isBusy={decide.isPending}
        onConfirm={() => asks !== null && run(asks)}
        onClose={() => setAsks(null)}
      >
        {weighSet(set)}. {asks === "discard" ? "What stands in the draft is gone." : "Nobody can approve it any more."}
      </Confirm>
    </Dock>
  );
}

function needs(hasReason: boolean): string | undefined {
  return hasReason ? undefined : "A reason is needed";
}
