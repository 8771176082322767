import { TriangleAlert } from "lucide-react";
import { cloneElement, isValidElement, type ReactNode } from "react";

type Described = { "aria-describedby"?: string; "aria-invalid"?: boolean };

type FieldProps = {
  label: ReactNode;
  /** The id of the control inside. */
  htmlFor: string;
  hint?: ReactNode;
  /** What is wrong with the value; said by an icon and words, never by colour. */
  problem?: ReactNode;
  children: ReactNode;
};

/** A label above a control, with a hint or what is wrong below it, which the control is described by. */
export function Field({ label, htmlFor, hint, problem, children }: FieldProps) {
  return (
    <div className="grid content-start gap-1">
      <label htmlFor={htmlFor} className="text-label">
        {label}
      </label>
      {isValidElement<Described>(children)
        ? cloneElement(children, {
            "aria-describedby": `${htmlFor}-hint`,
            ...(problem ? { "aria-invalid": true } : {}),
          })
        : children}
      <div id={`${htmlFor}-hint`} aria-live="polite" className="text-hint text-muted empty:hidden">
        {problem ? <Problem>{problem}</Problem> : hint}
      </div>
    </div>
  );
}

function Problem({ children }: { children: ReactNode }) {
  return (
    <span className="flex items-start gap-1.5 text-ink">
      <TriangleAlert size={14} className="mt-px shrink-0" aria-hidden />
      <span className="min-w-0">{children}</span>
    </span>
  );
}

/** The same for a group of controls that are one answer. */
export function FieldGroup({ label, hint, problem, children }: Omit<FieldProps, "htmlFor">) {
  return (
    <fieldset className="grid min-w-0 content-start gap-1 border-0 p-0">
      <legend className="mb-1 text-label">{label}</legend>
      {children}
      <div aria-live="polite" className="text-hint text-muted empty:hidden">
        {problem ? <Problem>{problem}</Problem> : hint}
      </div>
    </fieldset>
  );
}
