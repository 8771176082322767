"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Confirm } from "@/components/blocks/confirm";
import { KeyValues } from "@/components/blocks/key-values";
import { Panel } from "@/components/blocks/panel";
import { Refusal } from "@/components/blocks/refusal";
import { RelativeTime } from "@/components/blocks/relative-time";
import { Button } from "@/components/ui/button";
import { State } from "@/components/ui/state";
import { useToast } from "@/components/ui/toast";
import type { ClockView } from "@/lib/contracts/clock";
import { formatDuration } from "@/lib/format/duration";
import { formatInstant } from "@/lib/format/instant";
import { confirmClock } from "@/lib/queries/clock";
import { useMay } from "@/lib/queries/use-may";

type Jump = ClockView["awaiting"][number];

const describeJump = ({ jumpSeconds }: Jump): string =>
  `${formatDuration(jumpSeconds * 1000)} ${jumpSeconds < 0 ? "back" : "ahead"}`;

/** Whether the clocks of this store's machines are believed, and the confirmation of one that jumped. */
export function ClockPanel({ view }: { view: ClockView }) {
  const mayConfirm = useMay().call("confirmClock");
  const [confirming, setConfirming] = useState<Jump | null>(null);
  const { awaiting, now, machine, warning, confirmedAt, confirmedBy } = view;
  return (
    <Panel
      title="Clock"
      actions={
        awaiting.length > 0 ? (
          <State mark="waiting">Jumped</State>
        ) : (
          <span className="text-muted">{warning === null ? "believed" : "behind"}</span>
        )
      }
    >
      {awaiting.map((jump) => (
        <div key={jump.bootId} className="grid gap-2 border-line border-b px-4 py-3">
          <p className="wrap-anywhere">
            <strong>
              {jump.machine} jumped {describeJump(jump)}
            </strong>
            {jump.since !== null && <>, noticed when it said {formatInstant(jump.since)}</>}. Whatever allows more
            waits, and so does renewing documents. Suspending and narrowing go on.
          </p>
          <p className="text-muted">Set the clock right and the wait ends by itself.</p>
          {mayConfirm ? (
            <div>
              <Button size="small" onClick={() => setConfirming(jump)}>
                Confirm this clock…
              </Button>
            </div>
          ) : (
            <p className="text-muted">If it is right now, an admin or an operator confirms it.</p>
          )}
        </div>
      ))}
      <div className="grid gap-2 p-4">
        {warning !== null && <p className="wrap-anywhere">{warning}</p>}
        <KeyValues
          items={[
            ["Time", formatInstant(now)],
            ["Machine", machine],
            ...(confirmedAt === null
              ? []
              : [
                  [
                    "Confirmed",
                    <span key="confirmed">
                      <RelativeTime at={confirmedAt} /> by <bdi>{confirmedBy?.name ?? "–"}</bdi>
                    </span>,
                  ] as const,
                ]),
          ]}
        />
      </div>
      {confirming !== null && <ConfirmDialog jump={confirming} view={view} onClose={() => setConfirming(null)} />}
    </Panel>
  );
}

function ConfirmDialog({ jump, view, onClose }: { jump: Jump; view: ClockView; onClose(): void }) {
  const client = useQueryClient();
  const toast = useToast();
  const confirm = useMutation({
    mutationFn: () => confirmClock(client, jump.bootId),
    onSuccess: () => {
      toast({ text: `The clock of ${jump.machine} is confirmed; what waited goes on.`, mark: "live" });
      onClose();
    },
  });
  return (
    <Confirm
      isOpen
      title={`Confirm the clock of ${jump.machine}?`}
      verb="Confirm clock"
      doing="Confirming…"
      isBusy={confirm.isPending}
      problem={confirm.error && <Refusal error={confirm.error} />}
      onConfirm={() => confirm.mutate()}
      onClose={onClose}
    >
      It jumped {describeJump(jump)}
      {jump.bootId === view.bootId && <>, to {formatInstant(view.now)}</>}. Confirm it only if that time is right:
      everything is signed by it from then on, and devices refuse what is signed more than five minutes ahead of theirs.
      Takes one person; it stands in the audit under your name.
    </Confirm>
  );
}
