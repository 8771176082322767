"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Clock, MessageSquare, Users } from "lucide-react";
import { useId, useState } from "react";
import { Refusal } from "@/components/blocks/refusal";
import { useKept } from "@/components/blocks/use-kept";
import { useDecide } from "@/components/features/change-sets/use-decide";
import { Button } from "@/components/ui/button";
import { Choice } from "@/components/ui/choice";
import { Dialog } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { Textarea } from "@/components/ui/input";
import { useToast } from "@/components/ui/toast";
import { isEstimate } from "@/lib/domain/measures/device-sketch";
import { formatMember } from "@/lib/domain/member-keys";
import { about, plural } from "@/lib/format/count";
import { formatRevision } from "@/lib/format/revision";
import { narrowNow } from "@/lib/queries/change-sets";

type SuspendDialogProps = {
  program: { appId: string; name: string; devices24h: number; liveVersion: { name: string } | null };
  onClose(): void;
};

const REASONS = ["Denials that were not seen before", "Asked by the publisher"] as const;
const OTHER = "other";
const EFFECTS = [
  {
    Icon: Clock,
    title: "Stops within seconds",
    text: "Devices that are connected stop it at once, the others at their next contact.",
  },
  { Icon: Users, title: "Takes one person", text: "Lifting it takes two. You alone can undo it for 15 min." },
  { Icon: MessageSquare, title: "Programs are told", text: "Every call answers PROGRAM_SUSPENDED until it is lifted." },
] as const;

/** Stops a program everywhere: the effect, the people it takes, a reason, one red button. */
export function SuspendDialog({ program, onClose }: SuspendDialogProps) {
  const id = useId();
  const client = useQueryClient();
  const toast = useToast();
  const undo = useDecide();
  const [choice, setChoice] = useState<string>(REASONS[0]);
  const [typed, setTyped] = useKept("suspension");
  const reason = choice === OTHER ? typed.trim() : choice;
  const suspend = useMutation({
    mutationFn: () => {
      const member = formatMember({ kind: "status", appId: program.appId });
      return narrowNow(client, [{ member, after: "suspended" }], reason);
    },
    onSuccess: (set) => {
      toast({
        text: `${program.name} is suspended; platform revision ${formatRevision(set.platformPosition)}.`,
        mark: "suspended",
        action: { label: "Undo", run: () => undo.mutate({ id: set.id, verb: "undo" }) },
      });
      onClose();
    },
  });
  const live = program.liveVersion === null ? "No version is live" : `${program.liveVersion.name} is live`;
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={`Suspend ${program.name}?`}
      description={`${live}; ${about(plural(program.devices24h, "device"), isEstimate(program.devices24h))} ran it in 24 h.`}
    >
      <ul className="rounded-panel border border-line">
        {EFFECTS.map(({ Icon, title, text }) => (
          <li key={title} className="flex items-start gap-2 border-line border-b px-3 py-2.5 last:border-b-0">
            <Icon size={16} aria-hidden className="mt-0.5 shrink-0 text-muted" />
            <span>
              <strong className="block">{title}</strong>
              <span className="text-muted">{text}</span>
            </span>
          </li>
        ))}
      </ul>
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (reason.length >= 3 && !suspend.isPending) suspend.mutate();
        }}
      >
        <fieldset className="grid gap-2">
          <legend className="mb-2 text-label">Reason, kept in the audit</legend>
          {REASONS.map((text) => (
            <Choice key={text} name={id} value={text} isChecked={choice === text} onChoose={setChoice}>
              {text}
            </Choice>
          ))}
          <Choice name={id} value={OTHER} isChecked={choice === OTHER} onChoose={setChoice} aside="to be typed">
            Another reason
          </Choice>
          {choice === OTHER && (
            <Field label="The reason" htmlFor={`${id}-reason`}>
              <Textarea
                id={`${id}-reason`}
                value={typed}
                maxLength={1000}
                onChange={(event) => setTyped(event.target.value)}
              />
            </Field>
          )}
        </fieldset>
        {suspend.error && (
          <p role="alert">
            <Refusal error={suspend.error} />
          </p>
        )}
        <div className="grid gap-3">
          <Button
            type="submit"
            tone="danger-fill"
            isWide
            why={reason.length < 3 ? "Choose a reason, or write one." : null}
            busy={suspend.isPending && "Suspending…"}
          >
            <span>
              Suspend <bdi>{program.name}</bdi>
            </span>
          </Button>
          <Button isWide onClick={onClose}>
            Keep it running
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
