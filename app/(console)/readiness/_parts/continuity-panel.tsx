"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { TriangleAlert } from "lucide-react";
import { useState } from "react";
import { Confirm } from "@/components/blocks/confirm";
import { DataTable } from "@/components/blocks/data-table";
import { KeyValues } from "@/components/blocks/key-values";
import { Panel } from "@/components/blocks/panel";
import { Refusal } from "@/components/blocks/refusal";
import { RelativeTime } from "@/components/blocks/relative-time";
import { Button } from "@/components/ui/button";
import { Callout } from "@/components/ui/callout";
import { useToast } from "@/components/ui/toast";
import type { ContinuityView } from "@/lib/contracts/continuity";
import { formatCount, plural } from "@/lib/format/count";
import { formatRevision } from "@/lib/format/revision";
import { resumeContinuity } from "@/lib/queries/continuity";
import { useMay } from "@/lib/queries/use-may";
import { holderColumns, narrowingColumns } from "./continuity-columns";

/** Whether devices may hold what this store does not know, what they handed back, and the way on. */
export function ContinuityPanel({ view }: { view: ContinuityView }) {
  const mayResume = useMay().call("resumeContinuity");
  const [isResuming, setResuming] = useState(false);
  const { devices, deviceCount, narrowings, unknownNarrowings } = view;
  return (
    <section aria-labelledby="continuity" className="grid gap-4">
      <h2 id="continuity" className="text-section">
        Continuity
      </h2>
      {view.says !== null && (
        <Callout tone="danger" icon={<TriangleAlert size={16} aria-hidden />}>
          <p className="font-medium">{view.says}</p>
          <p>{view.remedy}</p>
          {mayResume ? (
            <Button tone="primary" className="mt-2" onClick={() => setResuming(true)}>
              Sign all again…
            </Button>
          ) : (
            <p className="text-muted">An admin or an operator signs all again.</p>
          )}
        </Callout>
      )}
      {view.isUnheard && (
        <Callout tone="waiting" icon={<TriangleAlert size={16} aria-hidden />}>
          Signing went on after the restore before any device had handed its document back: what was suspended or
          blocked after the backup may be forgotten. Look through what was decided then, and suspend again.
        </Callout>
      )}
      <Panel isPadded>
        <KeyValues items={factsOf(view)} />
      </Panel>
      {narrowings.length > 0 && (
        <Panel
          title="Stopped there, not here"
          about={unknownNarrowings === 0 ? "all looked at" : `${formatCount(unknownNarrowings)} to be looked at`}
        >
          {unknownNarrowings > 0 && (
            <div className="border-line border-b px-4 py-3">
              <p className="max-w-[72ch]">
                Each stays stopped until somebody decides. Suspend the program on its page, or block the host by search,
                to make that a decision of this store; after that two people can lift it.
              </p>
            </div>
          )}
          <DataTable
            id="held-narrowings"
            caption="Stopped there, not here"
            columns={narrowingColumns}
            rows={narrowings}
            keyOf={({ kind, subject }) => `${kind} ${subject}`}
          />
        </Panel>
      )}
      {deviceCount > 0 && (
        <Panel title="Handed back by devices" about={plural(deviceCount, "device")}>
          <DataTable
            id="holders"
            caption="Handed back by devices"
            columns={holderColumns}
            rows={devices}
            keyOf={({ deviceId }) => deviceId}
          />
        </Panel>
      )}
      {isResuming && <ResumeDialog view={view} onClose={() => setResuming(false)} />}
    </section>
  );
}

function factsOf(view: ContinuityView): (readonly [string, React.ReactNode])[] {
  const facts: (readonly [string, React.ReactNode])[] = [["Newest here", `revision ${formatRevision(view.newest)}`]];
  if (view.says === null && view.proven === null && view.restoredAt === null) {
    facts.push(["On devices", "nothing that this store did not sign"]);
  }
  if (view.proven !== null) {
    facts.push([
      "On devices",
      <span key="proven">
        revision {formatRevision(view.proven)}, which this store never signed
        {view.provenAt !== null && (
          <>
            , proven <RelativeTime at={view.provenAt} />
          </>
        )}
      </span>,
    ]);
  }
  if (view.restoredAt !== null) facts.push(["Restored", <RelativeTime key="restored" at={view.restoredAt} />]);
  if (view.backupAt !== null) facts.push(["Backup of", <RelativeTime key="backup" at={view.backupAt} />]);
  if (view.revisionLift > 0) facts.push(["Next revisions", `lifted by ${formatCount(view.revisionLift)}`]);
  if (view.resumedAt !== null) {
    facts.push([
      "Signed again",
      <span key="resumed">
        <RelativeTime at={view.resumedAt} /> by <bdi>{view.resumedBy?.name ?? "the policy service"}</bdi>
      </span>,
    ]);
  }
  return facts;
}

function ResumeDialog({ view, onClose }: { view: ContinuityView; onClose(): void }) {
  const client = useQueryClient();
  const toast = useToast();
  const resume = useMutation({
    mutationFn: () => resumeContinuity(client),
    onSuccess: () => {
      toast({ text: "Every document is signed again and handed out.", mark: "publish" });
      onClose();
    },
  });
  const { unknownNarrowings } = view;
  return (
    <Confirm
      isOpen
      title="Sign all documents again?"
      verb="Sign all again"
      doing="Signing…"
      isBusy={resume.isPending}
      problem={resume.error && <Refusal error={resume.error} />}
      onConfirm={() => resume.mutate()}
      onClose={onClose}
    >
      Every document is signed above whatever devices may hold, as this store knows it, and devices take it at once.
      What was allowed after the backup is gone.{" "}
      {unknownNarrowings === 0
        ? "Devices handed back nothing that is stopped there and not here."
        : `What devices hold as stopped and this store does not (${formatCount(unknownNarrowings)}) stays stopped until somebody has looked at it.`}{" "}
      Takes one person; it stands in the audit under your name.
    </Confirm>
  );
}
