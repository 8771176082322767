"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { Confirm } from "@/components/blocks/confirm";
import { Dock } from "@/components/blocks/page-main";
import { Refusal } from "@/components/blocks/refusal";
import { useShortcut } from "@/components/blocks/shortcuts";
import { ChangeSetState } from "@/components/features/change-sets/change-set-state";
import { weighSet } from "@/components/features/change-sets/describe-set";
import { afterApproval, nextStep, publishWords } from "@/components/features/change-sets/next-step";
import { useDecide } from "@/components/features/change-sets/use-decide";
import { Button } from "@/components/ui/button";
import { Kbd } from "@/components/ui/kbd";
import { useToast } from "@/components/ui/toast";
import type { ChangeSetDetail } from "@/lib/contracts/change-sets";
import { plural } from "@/lib/format/count";
import { splitDraft } from "@/lib/queries/change-sets";
import { sessionQuery } from "@/lib/queries/session";

type SetDockProps = { set: ChangeSetDetail; reason: string; onDecided(): void };

/** The verbs that this person has on this set now, and no others. */
export function SetDock({ set, reason, onDecided }: SetDockProps) {
  const router = useRouter();
  const client = useQueryClient();
  const toast = useToast();
  const [asks, setAsks] = useState<"discard" | "withdraw" | null>(null);
  const decide = useDecide((done) => {
    setAsks(null);
    onDecided();
    if (done.state === "discarded") router.push("/policy");
  });
  const split = useMutation({
    mutationFn: () => splitDraft(client, set.id, reason.trim()),
    onSuccess: ({ narrowing }) => router.push(`/policy/${narrowing.id}`),
    onError: (error) => toast({ text: <Refusal error={error} />, mark: "differs" }),
  });
  const may = (verb: ChangeSetDetail["allowedVerbs"][number]) => set.allowedVerbs.includes(verb);
  const me = useQuery(sessionQuery()).data?.personId ?? null;
  const hasReason = reason.trim().length >= 3;
  const why = hasReason ? null : "A reason is needed; it is kept in the audit.";
  /** The words of what runs now, in place of its button's. */
  const doing = (verb: Parameters<typeof decide.mutate>[0]["verb"], words: string) =>
    decide.isPending && decide.variables.verb === verb && words;
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
      <span className="min-w-0 flex-1 text-muted max-two:basis-full">{nextStep(set, me) ?? set.blockedBy}</span>
      <span className="ml-auto flex flex-wrap gap-2 max-phone:w-full max-phone:[&>*]:flex-1">
        {may("discard") && (
          <Button tone="quiet" onClick={() => setAsks("discard")}>
            Discard
          </Button>
        )}
        {may("withdraw") && <Button onClick={() => setAsks("withdraw")}>Withdraw</Button>}
        {may("split") && (
          <Button why={why} busy={split.isPending && "Splitting…"} onClick={() => split.mutate()}>
            Split off {plural(narrowing, "that narrows", "that narrow")}
          </Button>
        )}
        {may("narrow") && (
          <Button tone="primary" why={why} busy={doing("narrow", "Publishing…")} onClick={() => run("narrow", true)}>
            {publishWords(set)} now
          </Button>
        )}
        {may("propose") && (
          <Button
            tone={may("narrow") ? "plain" : "primary"}
            why={why}
            busy={doing("propose", "Proposing…")}
            onClick={() => run("propose", true)}
          >
            Ask another for approval{widening > 0 && widening < set.changes.length ? ` of ${set.changes.length}` : ""}
          </Button>
        )}
        {may("refuse") && (
          <Button why={why} busy={doing("refuse", "Refusing…")} onClick={() => run("refuse", true)}>
            Refuse <Kbd>r</Kbd>
          </Button>
        )}
        {may("approve") && (
          <Button tone="primary" busy={doing("approve", "Approving…")} onClick={() => run("approve", true)}>
            <span>
              Approve<span className="max-two:hidden">; {afterApproval(set, me)}</span>
            </span>{" "}
            <Kbd>a</Kbd>
          </Button>
        )}
        {may("publish") && (
          <Button tone="primary" busy={doing("publish", "Publishing…")} onClick={() => run("publish")}>
            {publishWords(set)}
          </Button>
        )}
        {may("undo") && (
          <Button busy={doing("undo", "Undoing…")} onClick={() => run("undo")}>
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
        doing={asks === "discard" ? "Discarding…" : "Withdrawing…"}
        onConfirm={() => asks !== null && run(asks)}
        onClose={() => setAsks(null)}
      >
        {weighSet(set)}. {asks === "discard" ? "What stands in the draft is gone." : "Nobody can approve it any more."}
      </Confirm>
    </Dock>
  );
}
