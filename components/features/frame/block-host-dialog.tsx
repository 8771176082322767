"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Confirm } from "@/components/blocks/confirm";
import { Refusal } from "@/components/blocks/refusal";
import { useToast } from "@/components/ui/toast";
import { formatMember } from "@/lib/domain/member-keys";
import { formatRevision } from "@/lib/format/revision";
import { narrowNow } from "@/lib/queries/change-sets";

/** Blocks a host, and every name below it, for all programs: one person, at once. */
export function BlockHostDialog({ host, onClose }: { host: string; onClose(): void }) {
  const client = useQueryClient();
  const toast = useToast();
  const block = useMutation({
    mutationFn: (reason: string) =>
      narrowNow(client, [{ member: formatMember({ kind: "blocked-host", host }), after: true }], reason),
    onSuccess: (set) => {
      toast({ text: `Blocked ${host}; platform revision ${formatRevision(set.platformPosition)}.`, mark: "publish" });
      onClose();
    },
  });
  return (
    <Confirm
      isOpen
      isDanger
      needsReason
      title={
        <>
          Block <code>{host}</code> for all programs?
        </>
      }
      verb="Block host"
      doing="Blocking…"
      isBusy={block.isPending}
      problem={block.error && <Refusal error={block.error} />}
      onConfirm={(reason) => block.mutate(reason)}
      onClose={onClose}
    >
      The host and every name below it are refused with <code>HOST_BLOCKED_BY_PLATFORM</code>, open connections are
      closed. Takes one person. Lifting it takes two; you alone can undo it for 15 min.
    </Confirm>
  );
}
