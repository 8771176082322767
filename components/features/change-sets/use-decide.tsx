"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Refusal } from "@/components/blocks/refusal";
import { useToast } from "@/components/ui/toast";
import type { ChangeSetView } from "@/lib/contracts/change-sets";
import { formatRevision } from "@/lib/format/revision";
import { type DecisionVerb, decideChangeSet } from "@/lib/queries/change-sets";

const SAID: Record<DecisionVerb, (set: ChangeSetView) => string> = {
  discard: () => "Draft discarded.",
  propose: (set) => `Change set ${set.number} waits for another person's approval.`,
  withdraw: (set) => `Change set ${set.number} withdrawn.`,
  approve: (set) => `Change set ${set.number} approved; it can be published.`,
  refuse: (set) => `Change set ${set.number} refused.`,
  publish: (set) => `Published${inRevision(set)}.`,
  narrow: (set) => `Published${inRevision(set)}.`,
  undo: (set) => `Undone${inRevision(set)}.`,
};

/** Where a document carries it; people and their sign-ins are in none. */
export const inRevision = ({ platformPosition }: ChangeSetView): string =>
  platformPosition === null ? "" : ` in platform revision ${formatRevision(platformPosition)}`;

export type Decision = { id: string; verb: DecisionVerb; reason?: string };

/** One verb on one change set; says what came of it, with an undo where there is one. */
export function useDecide(onDone?: (set: ChangeSetView) => void) {
  const client = useQueryClient();
  const toast = useToast();
  const decide = useMutation({
    mutationFn: ({ id, verb, reason }: Decision) => decideChangeSet(client, id, verb, reason),
    onSuccess: (set, { verb }) => {
      toast({
        text: SAID[verb](set),
        mark: verb === "publish" || verb === "narrow" ? "publish" : "yes",
        ...(set.allowedVerbs.includes("undo")
          ? { action: { label: "Undo", run: () => decide.mutate({ id: set.id, verb: "undo" }) } }
          : {}),
      });
      onDone?.(set);
    },
    onError: (error) => toast({ text: <Refusal error={error} />, mark: "differs" }),
  });
  return decide;
}
