"use client";

import { type ReactNode, useId } from "react";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Input, Textarea } from "@/components/ui/input";
import { sayTextNote } from "@/lib/domain/texts/taken";
import { sayTextIssue, type TextIssue } from "@/lib/domain/texts/text-issues";
import type { MemberForm } from "./use-member-form";

type TextFieldProps = {
  form: MemberForm;
  /** The field of the value that it writes. */
  field: string;
  label: ReactNode;
  hint?: ReactNode;
  placeholder?: string;
  isMono?: boolean;
  /** A day; what is kept beyond its day stays while the day is not changed. */
  isDay?: boolean;
  rows?: number;
  inputMode?: "decimal" | "numeric";
};

/** A text of a member's form, with what was made of it and each thing that is wrong below it. */
export function TextField(props: TextFieldProps) {
  const { form, field, label, hint, placeholder, isMono, isDay, rows, inputMode } = props;
  const id = useId();
  const text = form.texts[field] ?? "";
  const { own, server } = form.issuesAt(field);
  const hasIssues = own.length + server.length > 0;
  const control = {
    id,
    value: isDay ? text.slice(0, 10) : text,
    onChange: ({ target }: { target: { value: string } }) => form.write(field, target.value),
    "aria-describedby": `${id}-hint`,
    "aria-invalid": hasIssues,
    autoComplete: "off",
    spellCheck: false,
    ...(placeholder === undefined ? {} : { placeholder }),
  };
  return (
    <Field
      label={label}
      htmlFor={id}
      hint={hint}
      problem={
        hasIssues && (
          <span className="grid gap-1.5">
            {own.map((issue) => (
              <OwnIssue key={`${issue.code} ${issue.span?.start}`} issue={issue} form={form} />
            ))}
            {server.map(({ text: said }) => (
              <span key={said}>{said}</span>
            ))}
          </span>
        )
      }
    >
      {rows === undefined ? (
        <Input {...control} isMono={isMono === true} type={isDay ? "date" : "text"} {...(inputMode && { inputMode })} />
      ) : (
        <Textarea {...control} isMono={isMono === true} rows={rows} className="min-h-8" />
      )}
      <Notes form={form} field={field} />
    </Field>
  );
}

function OwnIssue({ issue, form }: { issue: TextIssue; form: MemberForm }) {
  return (
    <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
      <bdi className="wrap-anywhere">{sayTextIssue(issue)}</bdi>
      {issue.offer !== undefined && (
        <Button size="small" onClick={() => form.mend(issue, false)}>
          Add{" "}
          <code className="max-w-52 truncate">
            <bdi>{issue.offer}</bdi>
          </code>
        </Button>
      )}
      {issue.span !== undefined && (
        <Button size="small" tone="quiet" onClick={() => form.mend(issue, true)}>
          Leave it out
        </Button>
      )}
    </span>
  );
}

/** What was made of what was pasted. */
function Notes({ form, field }: { form: MemberForm; field: string }) {
  const notes = form.isRemoved ? [] : form.taken.notes.filter((note) => note.field === field);
  if (notes.length === 0) return null;
  return (
    <ul aria-label="What was made of it" className="grid gap-0.5 text-hint text-muted">
      {notes.map((note, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the same text may have been pasted twice
        <li key={`${note.source} ${index}`} className="wrap-anywhere">
          <bdi>{sayTextNote(note)}</bdi>
        </li>
      ))}
    </ul>
  );
}
