"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { Button } from "@/components/ui/button";
import { useToast } from "@/components/ui/toast";
import { formatMember } from "@/lib/domain/member-keys";
import { editDraft } from "@/lib/queries/change-sets";

/** Lifting a suspension widens: it goes into my draft, and another person approves. */
export function LiftButton({ appId, name }: { appId: string; name: string }) {
  const client = useQueryClient();
  const router = useRouter();
  const toast = useToast();
  const add = useMutation({
    mutationFn: () => editDraft(client, [{ member: formatMember({ kind: "status", appId }), after: "active" }]),
    onSuccess: (draft) => {
      if (draft !== null) router.push(`/policy/${draft.id}`);
    },
    onError: (error) => toast({ text: error.message, mark: "differs" }),
  });
  return (
    <Button
      disabled={add.isPending}
      onClick={() => add.mutate()}
      title={`Takes two people; ${name} stays stopped until then`}
    >
      Lift suspension
    </Button>
  );
}
