"use client";

import { type ReactNode, useId, useState } from "react";
import { Button } from "@/components/ui/button";
import { DialogFrame } from "@/components/ui/dialog-frame";
import { Field } from "@/components/ui/field";
import { Input, Textarea } from "@/components/ui/input";
import { useKept } from "./use-kept";

export type ConfirmProps = {
  isOpen: boolean;
  title: ReactNode;
  /** What will happen, how many people it takes, and whether it can be undone. */
  children: ReactNode;
  verb: string;
  keep?: string;
  isDanger?: boolean;
  /** What cannot be undone asks for the name to be typed. */
  typedName?: string;
  /** Asks for a reason, kept in the audit. */
  needsReason?: boolean;
  isBusy?: boolean;
  /** The verb while it happens: "Revoking…". */
  doing?: string;
  /** Why it could not be done. */
  problem?: ReactNode;
  onConfirm(reason: string): void;
  onClose(): void;
};

/** What a question is drawn by. `Confirm` loads it. */
export function ConfirmFrame(props: ConfirmProps) {
  const { isOpen, title, children, verb, keep = "Cancel", isDanger, typedName, needsReason, isBusy, problem } = props;
  const id = useId();
  const [typed, setTyped] = useState("");
  const [reason, setReason] = useKept(`reason ${props.verb}`);
  const why =
    needsReason && reason.trim().length < 3
      ? "A reason is needed."
      : typedName !== undefined && typed !== typedName
        ? `Type ${typedName} first.`
        : null;
  return (
    <DialogFrame isOpen={isOpen} onClose={props.onClose} title={title}>
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (why === null && !isBusy) props.onConfirm(reason.trim());
        }}
      >
        <div className="max-w-[72ch]">{children}</div>
        {needsReason && (
          <Field label="Reason, kept in the audit" htmlFor={`${id}-reason`}>
            <Textarea id={`${id}-reason`} value={reason} maxLength={1000} onChange={(e) => setReason(e.target.value)} />
          </Field>
        )}
        {typedName !== undefined && (
          <Field
            htmlFor={`${id}-name`}
            label={
              <>
                Type <code>{typedName}</code>
              </>
            }
          >
            <Input
              id={`${id}-name`}
              isMono
              autoComplete="off"
              spellCheck={false}
              value={typed}
              onChange={(event) => setTyped(event.target.value)}
            />
          </Field>
        )}
        {problem && <p role="alert">{problem}</p>}
        <div className="flex justify-end gap-2 max-phone:flex-col-reverse">
          <Button onClick={props.onClose}>{keep}</Button>
          <Button
            type="submit"
            tone={isDanger ? "danger-fill" : "primary"}
            why={why}
            busy={isBusy && (props.doing ?? "Working…")}
          >
            {verb}
          </Button>
        </div>
      </form>
    </DialogFrame>
  );
}
