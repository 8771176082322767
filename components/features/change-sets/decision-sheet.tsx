"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Maximize2, Minimize2 } from "lucide-react";
import { useRouter } from "next/navigation";
import { type ReactNode, useDeferredValue, useId, useState } from "react";
import { DiffLines } from "@/components/blocks/diff-lines";
import { SidePanel, SideSection } from "@/components/blocks/side-panel";
import { Button } from "@/components/ui/button";
import { Callout } from "@/components/ui/callout";
import { Field } from "@/components/ui/field";
import { Textarea } from "@/components/ui/input";
import { Skeleton } from "@/components/ui/skeleton";
import { useToast } from "@/components/ui/toast";
import type { ChangeInput, Preview } from "@/lib/contracts/change-sets";
import { mayNarrow } from "@/lib/domain/change-set-lifecycle";
import { parseMember } from "@/lib/domain/member-keys";
import type { Role } from "@/lib/domain/roles";
import { isPresence } from "@/lib/format/member-lines";
import { isConsoleError } from "@/lib/http/console-client";
import { editDraft, narrowNow, previewQuery } from "@/lib/queries/change-sets";
import { sessionQuery } from "@/lib/queries/session";
import { usePermission } from "@/lib/queries/use-permission";
import { inRevision, useDecide } from "./use-decide";

type DecisionSheetProps = {
  label: string;
  title: ReactNode;
  sub?: ReactNode;
  tag?: ReactNode;
  /** What the fields say now; empty while they say what is published already. */
  changes: readonly ChangeInput[];
  /** What is wrong in the fields; nothing can be decided while something is. */
  problem?: string | null;
  children: ReactNode;
  /** Further acts on the same member, for example removing it. */
  extra?: ReactNode;
  onClose(): void;
};

/**
 * An edit with its consequences: the diff, whether it narrows or widens and how many people that takes. What narrows can
 * be published now; everything can be added to my draft.
 */
export function DecisionSheet(props: DecisionSheetProps) {
  const { label, title, sub, tag, changes, problem, children, extra, onClose } = props;
  const client = useQueryClient();
  const router = useRouter();
  const toast = useToast();
  const reasonId = useId();
  const [reason, setReason] = useState("");
  const mayPropose = usePermission("changes.propose");
  const role = useQuery(sessionQuery()).data?.role;
  const mayPublish = role !== undefined && changes.every(({ member }) => mayNarrowMember(role, member));
  const asked = useDeferredValue(changes);
  const preview = useQuery(previewQuery(problem ? [] : asked));
  const undo = useDecide();
  const add = useMutation({
    mutationFn: () => editDraft(client, changes),
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
  const isReady = changes.length > 0 && !problem && preview.data !== undefined && !preview.isPlaceholderData;
  const isNarrowing = isReady && preview.data?.isNarrowing === true;
  const isBusy = add.isPending || publish.isPending;
  const failure = publish.error ?? add.error;
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
          <Button tone="quiet" onClick={onClose}>
            Cancel
          </Button>
          <span className="flex-1" />
          {mayPropose && (
            <Button
              tone={isNarrowing && mayPublish ? "plain" : "primary"}
              disabled={!isReady || isBusy}
              onClick={() => add.mutate()}
            >
              Add to draft
            </Button>
          )}
          {isNarrowing && mayPublish && (
            <Button
              tone="primary"
              disabled={isBusy || reason.trim().length < 3}
              title={reason.trim().length < 3 ? "A reason is needed" : undefined}
              onClick={() => publish.mutate()}
            >
              Publish now
            </Button>
          )}
        </>
      }
    >
      <SideSection>
        <div className="grid gap-4">{children}</div>
        {problem && (
          <p role="status" className="mt-3">
            {problem}
          </p>
        )}
      </SideSection>
      {changes.length > 0 && !problem && (
        <>
          <SideSection title="Change">
            {preview.isError ? <p role="alert">{problemOf(preview.error)}</p> : <PreviewDiff preview={preview.data} />}
          </SideSection>
          {isReady && (
            <SideSection>
              <div className="grid gap-4">
                <Direction isNarrowing={preview.data?.isNarrowing === true} />
                {isNarrowing && mayPublish && (
                  <Field label="Reason, kept in the audit" htmlFor={reasonId} hint="Needed to publish now.">
                    <Textarea
                      id={reasonId}
                      value={reason}
                      maxLength={1000}
                      onChange={(event) => setReason(event.target.value)}
                    />
                  </Field>
                )}
                {failure && <p role="alert">{problemOf(failure)}</p>}
              </div>
            </SideSection>
          )}
        </>
      )}
      {extra !== undefined && <SideSection>{extra}</SideSection>}
    </SidePanel>
  );
}

/** A rule that has no id yet is read as none: it is a host's. */
function mayNarrowMember(role: Role, member: string): boolean {
  return mayNarrow(role, parseMember(member)?.kind ?? "host");
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

function Direction({ isNarrowing }: { isNarrowing: boolean }) {
  return isNarrowing ? (
    <Callout icon={<Minimize2 size={16} aria-hidden />}>
      <p>
        <strong>Narrows.</strong> Takes one person.
      </p>
      <p className="text-muted">Lifting it later takes two. You can undo for 15 min.</p>
    </Callout>
  ) : (
    <Callout icon={<Maximize2 size={16} aria-hidden />}>
      <p>
        <strong>Widens.</strong> Takes two people.
      </p>
      <p className="text-muted">Add it to your draft and propose it; another person approves.</p>
    </Callout>
  );
}

function problemOf(error: Error): string {
  const details = isConsoleError(error) ? error.details.map(({ path, message }) => `${path}: ${message}`) : [];
  return [error.message, ...details].join(" ");
}
