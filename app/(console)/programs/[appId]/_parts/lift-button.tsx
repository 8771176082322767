"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { Refusal } from "@/components/blocks/refusal";
import { Button } from "@/components/ui/button";
import { useToast } from "@/components/ui/toast";
import { editDraft } from "@/lib/queries/change-sets";

/** Lifting a suspension widens: it goes into my draft, and another person approves. */
export function LiftButton({ appId, name }: { appId: string; name: string }) {
  const client = useQueryClient();
  const router = useRouter();
  const toast = useToast();
  const add = useMutation({
    mutationFn: async () => {
      // What knows every kind of member weighs more than the page.
      const { formatMember } = await import("@/lib/domain/member-keys");
      return editDraft(client, [{ member: formatMember({ kind: "status", appId }), after: "active" }]);
    },
    onSuccess: (draft) => {
      if (draft !== null) router.push(`/policy/${draft.id}`);
    },
    onError: (error) => toast({ text: <Refusal error={error} />, mark: "differs" }),
  });
  return (
    <span className="inline-flex flex-wrap items-center gap-2">
      <span className="text-muted max-two:hidden">
        Takes two people; <bdi>{name}</bdi> stays stopped until then.
      </span>
      <Button busy={add.isPending && "Adding…"} onClick={() => add.mutate()}>
        Propose to lift it
      </Button>
    </span>
  );
}
