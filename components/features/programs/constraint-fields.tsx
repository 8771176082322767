"use client";

import { useId } from "react";
import { CheckboxLine } from "@/components/ui/checkbox";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import type { Constraints } from "@/native/core/shapes/claims";

const NUMBERS: readonly (readonly [
  keyof Constraints & ("perMinute" | "perDay" | "maxBytes" | "precisionMetres" | "maxAmountMinor"),
  string,
])[] = [
  ["perMinute", "Calls a minute"],
  ["perDay", "Calls a day"],
  ["maxBytes", "Bytes at most"],
  ["precisionMetres", "Precision, metres"],
  ["maxAmountMinor", "Amount at most, minor units"],
];
const LISTS = [
  ["mediaTypes", "Media types, by comma"],
  ["fields", "Fields returned, by comma"],
] as const;
const FLAGS = [
  ["foregroundOnly", "Only in the foreground"],
  ["gestureRequired", "Only after a gesture"],
] as const;

type ConstraintFieldsProps = {
  /** The kinds that the capability takes, by the catalogue. */
  kinds: readonly string[];
  value: Constraints;
  onChange(value: Constraints): void;
};

/** The constraints of a grant; an empty field means that there is none of its kind. */
export function ConstraintFields({ kinds, value, onChange }: ConstraintFieldsProps) {
  const id = useId();
  const set = <K extends keyof Constraints>(name: K, next: Constraints[K] | undefined) => {
    const { [name]: _, ...rest } = value;
    onChange(next === undefined ? rest : { ...rest, [name]: next });
  };
  return (
    <div className="grid gap-3">
      <div className="grid grid-cols-2 gap-3">
        {NUMBERS.filter(([name]) => kinds.includes(name)).map(([name, label]) => (
          <Field key={name} label={label} htmlFor={`${id}-${name}`}>
            <Input
              id={`${id}-${name}`}
              type="number"
              min={0}
              step={1}
              placeholder="none"
              value={value[name] ?? ""}
              onChange={({ target }) => set(name, target.value === "" ? undefined : Math.trunc(Number(target.value)))}
            />
          </Field>
        ))}
        {kinds.includes("maxAmountMinor") && (
          <Field label="Currency" htmlFor={`${id}-currency`}>
            <Input
              id={`${id}-currency`}
              maxLength={3}
              placeholder="EUR"
              value={value.currency ?? ""}
              onChange={({ target }) => set("currency", target.value === "" ? undefined : target.value.toUpperCase())}
            />
          </Field>
        )}
      </div>
      {LISTS.filter(([name]) => kinds.includes(name)).map(([name, label]) => (
        <Field key={name} label={label} htmlFor={`${id}-${name}`}>
          <Input
            id={`${id}-${name}`}
            isMono
            placeholder="all"
            defaultValue={value[name]?.join(", ") ?? ""}
            onChange={({ target }) => {
              const parts = target.value.split(",").map((part) => part.trim());
              const items = parts.filter((part) => part !== "");
              set(name, items.length === 0 ? undefined : items);
            }}
          />
        </Field>
      ))}
      {FLAGS.filter(([name]) => kinds.includes(name)).map(([name, label]) => (
        <CheckboxLine
          key={name}
          checked={value[name] === true}
          onChange={({ target }) => set(name, target.checked ? true : undefined)}
        >
          {label}
        </CheckboxLine>
      ))}
    </div>
  );
}
