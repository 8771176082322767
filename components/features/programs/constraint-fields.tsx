"use client";

import { TextField } from "@/components/features/change-sets/text-field";
import type { MemberForm } from "@/components/features/change-sets/use-member-form";
import { CheckboxLine } from "@/components/ui/checkbox";
import type { ConstraintKind } from "@/native/core/decide/catalog";

const NUMBERS = [
  ["perMinute", "Calls a minute"],
  ["perDay", "Calls a day"],
  ["maxBytes", "Bytes at most"],
  ["precisionMetres", "Precision, metres"],
  ["maxAmountMinor", "Amount at most, minor units"],
] as const satisfies readonly (readonly [ConstraintKind, string])[];
const LISTS = [
  ["mediaTypes", "Media types, by comma"],
  ["fields", "Fields returned, by comma"],
] as const satisfies readonly (readonly [ConstraintKind, string])[];
const FLAGS = [
  ["foregroundOnly", "Only in the foreground"],
  ["gestureRequired", "Only after a gesture"],
] as const satisfies readonly (readonly [ConstraintKind, string])[];

const fieldOf = (name: ConstraintKind) => `/constraints/${name}`;

type ConstraintFieldsProps = {
  /** The kinds that the capability takes, by the catalogue. */
  kinds: readonly ConstraintKind[];
  form: MemberForm;
};

/**
 * The constraints of a grant; an empty field means that there is none of its kind. One that the capability does not take is
 * shown where the grant has it, or it could not be taken away.
 */
export function ConstraintFields({ kinds, form }: ConstraintFieldsProps) {
  const isShown = ([name]: readonly [ConstraintKind, string]) =>
    kinds.includes(name) || (form.texts[fieldOf(name)] ?? "") !== "" || form.issuesAt(fieldOf(name)).server.length > 0;
  return (
    <div className="grid gap-3">
      <div className="grid grid-cols-2 gap-3">
        {NUMBERS.filter(isShown).map(([name, label]) => (
          <TextField
            key={name}
            form={form}
            field={fieldOf(name)}
            label={label}
            inputMode="decimal"
            placeholder="none"
          />
        ))}
        {isShown(["currency", ""]) || kinds.includes("maxAmountMinor") ? (
          <TextField form={form} field={fieldOf("currency")} label="Currency" placeholder="EUR" />
        ) : null}
      </div>
      {LISTS.filter(isShown).map(([name, label]) => (
        <TextField key={name} form={form} field={fieldOf(name)} label={label} isMono placeholder="all" />
      ))}
      {FLAGS.filter(isShown).map(([name, label]) => (
        <CheckboxLine
          key={name}
          checked={form.texts[fieldOf(name)] === "yes"}
          onChange={({ target }) => form.write(fieldOf(name), target.checked ? "yes" : "")}
        >
          {label}
        </CheckboxLine>
      ))}
    </div>
  );
}
