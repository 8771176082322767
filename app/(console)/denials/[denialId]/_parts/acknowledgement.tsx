"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Confirm } from "@/components/blocks/confirm";
import { Refusal } from "@/components/blocks/refusal";
import { RelativeTime } from "@/components/blocks/relative-time";
import { Button } from "@/components/ui/button";
import type { DenialDetail } from "@/lib/contracts/programs";
import { runtimeWords } from "@/lib/format/runtime-words";
import { setAcknowledged } from "@/lib/queries/programs";
import { useMay } from "@/lib/queries/use-may";
import { causeOfDenial } from "@/native/core/decide/cause-of-denial";

/** Whether somebody said for everybody that this cause needs nobody again, and the way to say it or to take it back. */
export function Acknowledgement({ denial }: { denial: DenialDetail }) {
  const { acknowledged, appId, denialId } = denial;
  const client = useQueryClient();
  const may = useMay();
  const mayAcknowledge = may.call("acknowledgeCause") && may.call("reopenCause");
  const [isAsking, setAsking] = useState(false);
  const verb = acknowledged === null || acknowledged.isOpenAgain ? "acknowledge" : "reopen";
  const set = useMutation({
    mutationFn: (reason: string) => setAcknowledged(client, verb, { appId, cause: causeOfDenial(denialId), reason }),
    onSuccess: () => setAsking(false),
  });
  if (acknowledged === null && !mayAcknowledge) return null;
  return (
    <div className="grid gap-2 border-line border-b p-4">
      {acknowledged !== null && (
        <p>
          <strong>{acknowledged.isOpenAgain ? "Open again." : "Acknowledged."}</strong>{" "}
          <bdi>{acknowledged.by.name}</bdi> acknowledged it <RelativeTime at={acknowledged.at} />:{" "}
          <q>{acknowledged.reason}</q>
          {acknowledged.isOpenAgain && ` Since then it is new ${whereNew(acknowledged)}.`}
        </p>
      )}
      {mayAcknowledge && (
        <>
          <Button isWide onClick={() => setAsking(true)}>
            {verb === "acknowledge" ? "Acknowledge cause…" : "Open it again…"}
          </Button>
          {acknowledged === null && (
            <p className="text-hint text-muted">
              For everybody, until it is new for a purpose or in a kind of runtime.
            </p>
          )}
        </>
      )}
      <Confirm
        isOpen={isAsking}
        title={verb === "acknowledge" ? "Acknowledge this cause?" : "Open this cause again?"}
        verb={verb === "acknowledge" ? "Acknowledge for everybody" : "Open for everybody"}
        needsReason
        isBusy={set.isPending}
        doing={verb === "acknowledge" ? "Acknowledging…" : "Opening…"}
        problem={set.error && <Refusal error={set.error} />}
        onConfirm={(reason) => set.mutate(reason)}
        onClose={() => setAsking(false)}
      >
        {verb === "acknowledge"
          ? "It is refused as before, and counted. It folds away in Blocked for everybody, until it is seen for another purpose or in another kind of runtime."
          : "It stands in Blocked again, for everybody."}
      </Confirm>
    </div>
  );
}

function whereNew({ newPurposes, newRuntimes }: NonNullable<DenialDetail["acknowledged"]>): string {
  const parts = [
    ...(newPurposes.length === 0 ? [] : [`for ${newPurposes.join(", ")}`]),
    ...(newRuntimes.length === 0 ? [] : [`on ${newRuntimes.map((kind) => runtimeWords(kind)).join(", ")}`]),
  ];
  return parts.join(" and ");
}
