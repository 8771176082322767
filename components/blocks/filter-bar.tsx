"use client";

import { ListFilter, X } from "lucide-react";
import { type KeyboardEvent, useId, useRef, useState } from "react";

export type FilterField = {
  /** As typed before the colon. */
  name: string;
  /** What can be chosen; free text without. */
  values?: readonly string[];
  hint?: string;
};

export type Filters = Record<string, string>;

type FilterBarProps = {
  label: string;
  fields: readonly FilterField[];
  value: Filters;
  /** `null` takes a filter away. */
  onChange(name: string, value: string | null): void;
  /** The field that words without a name go to. */
  freeField?: string;
  placeholder?: string;
};

/** Typed filters as chips in one bar: `state:suspended`. What stands in it stands in the address. */
export function FilterBar({ label, fields, value, onChange, freeField, placeholder }: FilterBarProps) {
  const [text, setText] = useState("");
  const input = useRef<HTMLInputElement>(null);
  const listId = useId();
  const chips = fields.filter(({ name }) => value[name]);
  const suggestions = fields.flatMap(({ name, values }) => (values ?? [""]).map((choice) => `${name}:${choice}`));

  const take = (raw: string): boolean => {
    const match = /^([a-zA-Z]+):\s*(.+)$/.exec(raw.trim());
    const field = match ? fields.find(({ name }) => name.toLowerCase() === match[1]?.toLowerCase()) : undefined;
    const name = field?.name ?? freeField;
    const next = field ? match?.[2] : raw.trim();
    if (name === undefined || !next) return false;
    if (field?.values !== undefined && !next.split(",").every((part) => field.values?.includes(part))) return false;
    onChange(name, next);
    setText("");
    return true;
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === "Enter" && take(text)) event.preventDefault();
    const last = chips.at(-1);
    if (event.key === "Backspace" && text === "" && last !== undefined) onChange(last.name, null);
    if (event.key === "Escape") input.current?.blur();
  };

  return (
    <search
      aria-label={label}
      className="flex min-h-8 min-w-0 flex-1 basis-60 flex-wrap items-center gap-1 rounded-control border border-control bg-surface px-2.5 py-0.5 text-muted focus-within:outline-2 focus-within:outline-accent focus-within:outline-offset-2 max-phone:min-h-11"
    >
      <ListFilter size={16} aria-hidden className="mr-1 shrink-0" />
      {chips.map(({ name }) => (
        <span
          key={name}
          className="inline-flex h-6 max-w-full items-center gap-1 rounded-tag border border-line bg-sunken pl-2 font-mono text-code text-ink"
        >
          <span className="text-muted">{name}:</span>
          <span className="truncate">{value[name]}</span>
          <button
            type="button"
            aria-label={`Remove the filter ${name}`}
            onClick={() => onChange(name, null)}
            className="grid size-6 place-items-center text-muted hover:text-ink"
          >
            <X size={12} aria-hidden />
          </button>
        </span>
      ))}
      <input
        ref={input}
        value={text}
        list={listId}
        aria-label="Add a filter"
        placeholder={placeholder ?? "Add a filter"}
        onChange={(event) => {
          const next = event.target.value;
          if (suggestions.includes(next) && !next.endsWith(":")) take(next);
          else setText(next);
        }}
        onKeyDown={onKeyDown}
        onBlur={() => take(text)}
        className="h-6 min-w-24 flex-1 bg-transparent text-body text-ink outline-none placeholder:text-muted"
      />
      <datalist id={listId}>
        {suggestions.map((choice) => (
          <option key={choice} value={choice} />
        ))}
      </datalist>
    </search>
  );
}
