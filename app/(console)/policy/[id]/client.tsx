"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useId } from "react";
import { EmptyState } from "@/components/blocks/empty-state";
import { KeyValues } from "@/components/blocks/key-values";
import { PageHead } from "@/components/blocks/page-head";
import { PageMain } from "@/components/blocks/page-main";
import { Panel } from "@/components/blocks/panel";
import { QueryView } from "@/components/blocks/query-view";
import { Refusal } from "@/components/blocks/refusal";
import { RelativeTime } from "@/components/blocks/relative-time";
import { TwoThirds } from "@/components/blocks/toolbar";
import { useKept } from "@/components/blocks/use-kept";
import { ApprovalPanel } from "@/components/features/change-sets/approval-panel";
import { ChangeCard } from "@/components/features/change-sets/change-card";
import { SpreadView } from "@/components/features/change-sets/spread-line";
import { Field } from "@/components/ui/field";
import { Textarea } from "@/components/ui/input";
import { TextLink } from "@/components/ui/text-link";
import { useToast } from "@/components/ui/toast";
import type { ChangeSetDetail, ChangeView } from "@/lib/contracts/change-sets";
import { formatInstant } from "@/lib/format/instant";
import { formatRevision } from "@/lib/format/revision";
import { changeSetQuery, editDraft } from "@/lib/queries/change-sets";
import { Mended } from "./_parts/mended";
import { SetDock } from "./_parts/set-dock";
import { SetHalves } from "./_parts/set-halves";
import { SetSteps } from "./_parts/set-steps";

/** One decision from draft to its end: each change, who may decide it, and which devices have it. */
export function ChangeSetClient({ id }: { id: string }) {
  const query = useQuery(changeSetQuery(id));
  return query.data === undefined ? (
    <PageMain dock={null}>
      <QueryView query={query} name="The change set">
        {() => null}
      </QueryView>
    </PageMain>
  ) : (
    <ChangeSet set={query.data} />
  );
}

function ChangeSet({ set }: { set: ChangeSetDetail }) {
  const reasonId = useId();
  const client = useQueryClient();
  const toast = useToast();
  const [reason, setReason, forgetReason] = useKept("reason", set.state === "draft" ? set.reason : "");
  const takesReason = ["propose", "narrow", "approve", "refuse"].some((verb) =>
    set.allowedVerbs.some((allowed) => allowed === verb),
  );
  const remove = useMutation({
    // The published value again: a change that changes nothing leaves the draft.
    mutationFn: ({ member, before }: ChangeView) => editDraft(client, [{ member, after: before ?? null }]),
    onError: (error) => toast({ text: <Refusal error={error} />, mark: "differs" }),
  });
  return (
    <PageMain
      dock={
        set.allowedVerbs.some((verb) => verb !== "edit") || set.blockedBy !== null ? (
          <SetDock set={set} reason={reason} onDecided={forgetReason} />
        ) : null
      }
    >
      <PageHead
        title={`Change set ${set.number}`}
        sub={
          <>
            By <bdi>{set.owner.name}</bdi>, begun <RelativeTime at={set.createdAt} />, edited{" "}
            <RelativeTime at={set.updatedAt} />
          </>
        }
        actions={<SetSteps set={set} />}
      />
      <TwoThirds
        aside={
          <div className="grid gap-4">
            {set.spread !== null && (
              <Panel title="Who has it" about="live" isPadded>
                <SpreadView spread={set.spread} />
              </Panel>
            )}
            <SetHalves set={set} />
            <Panel isPadded>
              <ApprovalPanel set={set} />
            </Panel>
            {takesReason && set.reason !== "" && set.state !== "draft" && (
              <Panel isPadded>
                <SetFacts set={set} />
              </Panel>
            )}
            <Panel isPadded>
              {takesReason ? (
                <Field
                  label={set.state === "draft" ? "Reason, kept in the audit" : "Your reason, kept in the audit"}
                  htmlFor={reasonId}
                >
                  <Textarea
                    id={reasonId}
                    rows={4}
                    value={reason}
                    maxLength={1000}
                    onChange={(event) => setReason(event.target.value)}
                  />
                </Field>
              ) : (
                <SetFacts set={set} />
              )}
            </Panel>
          </div>
        }
      >
        {set.changes.length === 0 && (
          <Panel>
            <EmptyState title="Nothing in it">Edit a grant, a host or a limit, and add it to the draft.</EmptyState>
          </Panel>
        )}
        {set.changes.map((change, index) => (
          <ChangeCard
            key={change.id}
            change={change}
            index={index}
            onRemove={set.allowedVerbs.includes("edit") ? () => remove.mutate(change) : undefined}
          />
        ))}
        <Mended set={set} />
      </TwoThirds>
    </PageMain>
  );
}

function SetFacts({ set }: { set: ChangeSetDetail }) {
  const facts: (readonly [string, React.ReactNode])[] = [
    ["Reason", set.reason === "" ? "none given" : `“${set.reason}”`],
  ];
  if (set.proposedAt !== null) facts.push(["Proposed", formatInstant(set.proposedAt)]);
  if (set.decidedBy !== null) facts.push([set.state === "refused" ? "Refused by" : "Approved by", set.decidedBy.name]);
  if (set.decisionReason) {
    facts.push(
      set.state === "void" ? ["Why it ended", set.decisionReason] : ["Their reason", `“${set.decisionReason}”`],
    );
  }
  if (set.publishedBy !== null) facts.push(["Published by", set.publishedBy.name]);
  if (set.publishedAt !== null) facts.push(["Published", formatInstant(set.publishedAt)]);
  if (set.platformPosition !== null) facts.push(["Revision", `platform ${formatRevision(set.platformPosition)}`]);
  if (set.undoOf !== null)
    facts.push([
      "Undoes",
      <TextLink key="of" href={`/policy/${set.undoOf}`}>
        the earlier set
      </TextLink>,
    ]);
  if (set.undoneBy !== null)
    facts.push([
      "Undone by",
      <TextLink key="by" href={`/policy/${set.undoneBy}`}>
        a later set
      </TextLink>,
    ]);
  return <KeyValues items={facts} />;
}
