"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Maximize2, Minimize2, TriangleAlert } from "lucide-react";
import { useRouter } from "next/navigation";
import { type ReactNode, useDeferredValue, useId } from "react";
import { DiffLines } from "@/components/blocks/diff-lines";
import { SidePanel, SideSection } from "@/components/blocks/side-panel";
import { useKept } from "@/components/blocks/use-kept";
import { Button } from "@/components/ui/button";
import { Callout } from "@/components/ui/callout";
import { Field } from "@/components/ui/field";
import { Textarea } from "@/components/ui/input";
import { Skeleton } from "@/components/ui/skeleton";
import { useToast } from "@/components/ui/toast";
import type { ChangeInput, Preview } from "@/lib/contracts/change-sets";
import { parseMember } from "@/lib/domain/member-keys";
import type { MemberKind } from "@/lib/domain/members";
import { placeIssues } from "@/lib/domain/texts/place-issues";
import { sayTextIssue } from "@/lib/domain/texts/text-issues";
import { isPresence } from "@/lib/format/member-lines";
import { editDraft, narrowNow, previewQuery, proposeNow } from "@/lib/queries/change-sets";
import { useMay } from "@/lib/queries/use-may";
import { issuesOfError } from "./change-issues";
import { inRevision, useDecide } from "./use-decide";
import type { MemberForm } from "./use-member-form";

/** What a sheet's fields say: the changes that they make, what keeps them from making any, and which places they show. */
export type SheetForm = Pick<MemberForm, "changes" | "firstIssue" | "fields">;

type DecisionSheetProps = {
  label: string;
  title: ReactNode;
  sub?: ReactNode;
  tag?: ReactNode;
  form: SheetForm;
  /** The denial from which it is proposed. */
  denialId?: string | undefined;
  children: ReactNode;
  /** Further acts on the same member, for example removing it. */
  extra?: ReactNode;
  onClose(): void;
};

const REASON_MIN = 3;

/**
 * An edit with its consequences, and all that it takes to decide it: the diff, whether it narrows or widens, the reason, and
 * the acts. What narrows is published now, what widens is proposed now; everything can be added to my draft instead.
 */
export function DecisionSheet(props: DecisionSheetProps) {
  const { label, title, sub, tag, form, denialId, children, extra, onClose } = props;
  const { changes, firstIssue, fields } = form;
  const client = useQueryClient();
  const router = useRouter();
  const toast = useToast();
  const reasonId = useId();
  const waitId = useId();
  const [reason, setReason] = useKept(`reason ${label}`);
  const may = useMay();
  const kinds = changes.map(({ member }) => kindOfMember(member));
  const mayPropose = may.call("editDraft") && kinds.every(may.propose);
  const mayPublish = kinds.every(may.narrow);
  const asked = useDeferredValue(changes);
  const preview = useQuery(previewQuery(asked));
  const undo = useDecide();
  const add = useMutation({
    mutationFn: () => editDraft(client, from(denialId, changes)),
    onSuccess: (draft) => {
      if (draft !== null) {
        toast({
          text: `Added to change set ${draft.number}.`,
          mark: "draft",
          action: { label: "Review", run: () => router.push(`/policy/${draft.id}`) },
        });
      }
      onClose();
    },
  });
  const propose = useMutation({
    mutationFn: () => proposeNow(client, from(denialId, changes), reason.trim()),
    onSuccess: (set) => {
      toast({
        text: `Change set ${set.number} waits for another person's approval.`,
        mark: "waiting",
        action: { label: "Open", run: () => router.push(`/policy/${set.id}`) },
      });
      onClose();
    },
  });
  const publish = useMutation({
    mutationFn: () => narrowNow(client, changes, reason.trim()),
    onSuccess: (set) => {
      toast({
        text: `Published${inRevision(set)}.`,
        mark: "publish",
        action: { label: "Undo", run: () => undo.mutate({ id: set.id, verb: "undo" }) },
      });
      onClose();
    },
  });
  const isReady =
    changes.length > 0 &&
    asked === changes &&
    preview.data !== undefined &&
    !preview.isPlaceholderData &&
    !preview.isError;
  const isNarrowing = isReady && preview.data?.isNarrowing === true;
  const mayPublishNow = isNarrowing && mayPublish;
  const isBusy = add.isPending || propose.isPending || publish.isPending;
  const hasReason = reason.trim().length >= REASON_MIN;
  const waits = whatItWaitsFor({ firstIssue, changes, isReady, hasReason });
  const refused = issuesOfError(publish.error ?? propose.error ?? add.error, changes);
  const onTop = placeIssues(issuesOfError(preview.error, changes), ({ path }) => path, fields).top;
  return (
    <SidePanel
      isEdit
      label={label}
      title={title}
      sub={sub}
      actions={tag}
      onClose={onClose}
      footer={
        <>
          {waits !== null && (
            <p id={waitId} className="w-full text-hint text-muted">
              <bdi>{waits}</bdi>
            </p>
          )}
          <Button tone="quiet" onClick={onClose}>
            Cancel
          </Button>
          <span className="flex-1" />
          {mayPropose && (
            <Button disabled={!isReady || isBusy} aria-describedby={waitId} onClick={() => add.mutate()}>
              {add.isPending ? "Adding…" : "Add to draft"}
            </Button>
          )}
          {mayPropose && !mayPublishNow && (
            <Button
              tone="primary"
              disabled={!isReady || isBusy || !hasReason}
              aria-describedby={waitId}
              onClick={() => propose.mutate()}
            >
              {propose.isPending ? "Asking…" : "Ask for approval"}
            </Button>
          )}
          {mayPublishNow && (
            <Button
              tone="primary"
              disabled={isBusy || !hasReason}
              aria-describedby={waitId}
              onClick={() => publish.mutate()}
            >
              {publish.isPending ? "Publishing…" : "Publish now"}
            </Button>
          )}
        </>
      }
    >
      {(onTop.length > 0 || refused.length > 0) && (
        <SideSection>
          <ul role="alert" className="grid gap-1">
            {[...onTop, ...refused].map(({ path, text }) => (
              <li key={`${path} ${text}`} className="flex items-start gap-1.5">
                <TriangleAlert size={14} className="mt-0.5 shrink-0" aria-hidden />
                <bdi className="min-w-0 wrap-anywhere">{text}</bdi>
              </li>
            ))}
          </ul>
        </SideSection>
      )}
      <SideSection>
        <div className="grid gap-4">{children}</div>
      </SideSection>
      {changes.length > 0 && !preview.isError && (
        <SideSection title="Change">
          <PreviewDiff preview={preview.data} />
        </SideSection>
      )}
      <SideSection>
        <div className="grid gap-4">
          {isReady && <Direction isNarrowing={preview.data?.isNarrowing === true} mayPublish={mayPublish} />}
          <Field
            label="Reason, kept in the audit"
            htmlFor={reasonId}
            hint={mayPublishNow ? "Needed to publish now." : "Needed to ask for approval; whoever approves reads it."}
          >
            <Textarea
              id={reasonId}
              rows={2}
              value={reason}
              maxLength={1000}
              onChange={(event) => setReason(event.target.value)}
            />
          </Field>
        </div>
      </SideSection>
      {extra !== undefined && extra !== false && <SideSection>{extra}</SideSection>}
    </SidePanel>
  );
}

const from = (denialId: string | undefined, changes: readonly ChangeInput[]): readonly ChangeInput[] =>
  denialId === undefined ? changes : changes.map((change) => ({ ...change, denialId }));

type Waiting = Pick<SheetForm, "firstIssue" | "changes"> & { isReady: boolean; hasReason: boolean };

/** Why nothing, or not everything, can be done yet; null where everything can. */
function whatItWaitsFor({ firstIssue, changes, isReady, hasReason }: Waiting): string | null {
  if (firstIssue !== null) return sayTextIssue(firstIssue);
  if (changes.length === 0) return "Nothing is changed yet.";
  if (!isReady) return null;
  return hasReason ? null : "A reason is needed to go on without a draft.";
}

/** A rule that has no id yet is read as none: it is a host's. */
function kindOfMember(member: string): MemberKind {
  return parseMember(member)?.kind ?? "host";
}

function PreviewDiff({ preview }: { preview: Preview | undefined }) {
  if (preview === undefined) return <Skeleton className="my-2 w-2/3" />;
  return (
    <div className="grid gap-3">
      {preview.changes.map((change) => (
        <div key={change.member} className="grid gap-2">
          <p className="text-muted">
            <bdi>{change.title}</bdi>
          </p>
          {!isPresence(change.before, change.after) && <DiffLines before={change.before} after={change.after} />}
        </div>
      ))}
    </div>
  );
}

function Direction({ isNarrowing, mayPublish }: { isNarrowing: boolean; mayPublish: boolean }) {
  if (!isNarrowing) {
    return (
      <Callout icon={<Maximize2 size={16} aria-hidden />}>
        <p>
          <strong>Widens.</strong> Takes two people.
        </p>
        <p className="text-muted">Another person, who approves, is asked next.</p>
      </Callout>
    );
  }
  return (
    <Callout icon={<Minimize2 size={16} aria-hidden />}>
      <p>
        <strong>Narrows.</strong>{" "}
        {mayPublish ? "Takes one person." : "Another person approves: your role does not publish."}
      </p>
      <p className="text-muted">Lifting it later takes two.{mayPublish && " You can undo for 15 min."}</p>
    </Callout>
  );
}
