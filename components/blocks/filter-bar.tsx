"use client";

import { ListFilter, X } from "lucide-react";
import { type KeyboardEvent, useId, useRef, useState } from "react";
import { Button } from "@/components/ui/button";
import { type FilterField, type NoFilter, readFilters, unreadOf } from "./filter-text";
import { useUrlState } from "./use-url-state";

export type Filters = Readonly<Record<string, string | undefined>>;

type FilterBarProps = {
  label: string;
  fields: readonly FilterField[];
  value: Filters;
  /** `null` takes a filter away. */
  onChange(change: Record<string, string | null>): void;
  /** The field that words without a name go to. */
  freeField?: string;
  placeholder?: string;
  /** What else the address may say here, and its choices. */
  also?: Readonly<Record<string, readonly string[]>>;
};

/**
 * Typed filters as chips in one bar: `state:suspended`. What stands in it stands in the address; what is not understood, typed
 * or in the address, is said below it.
 */
export function FilterBar({ label, fields, value, onChange, freeField, placeholder, also = {} }: FilterBarProps) {
  const [text, setText] = useState("");
  const [refused, setRefused] = useState<readonly NoFilter[]>([]);
  const { params, change } = useUrlState();
  const input = useRef<HTMLInputElement>(null);
  const listId = useId();
  const saidId = useId();
  const chips = fields.filter(({ name }) => value[name]);
  const unread = unreadOf(params, fields, value, also);
  const suggestions = fields.flatMap(({ name, values }) => (values ?? [""]).map((choice) => `${name}:${choice}`));

  const take = (raw: string) => {
    const { taken, rest } = readFilters(raw, fields, freeField);
    if (taken.length > 0) onChange(Object.fromEntries(taken));
    setText(rest.map((one) => one.text).join(" "));
    setRefused(rest);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === "Enter" && text.trim() !== "") {
      event.preventDefault();
      take(text);
    }
    const last = chips.at(-1);
    if (event.key === "Backspace" && text === "" && last !== undefined) onChange({ [last.name]: null });
    if (event.key === "Escape") input.current?.blur();
  };

  return (
    <div className="grid min-w-0 flex-1 basis-60 gap-1">
      <search
        aria-label={label}
        className="flex min-h-8 min-w-0 flex-wrap items-center gap-1 rounded-control border border-control bg-surface px-2.5 py-0.5 text-muted focus-within:outline-2 focus-within:outline-accent focus-within:outline-offset-2 max-phone:min-h-11"
      >
        <ListFilter size={16} aria-hidden className="mr-1 shrink-0" />
        {chips.map(({ name }) => (
          <span
            key={name}
            className="inline-flex h-6 max-w-full items-center gap-1 rounded-tag border border-line bg-sunken pl-2 font-mono text-code text-ink"
          >
            <span className="text-muted">{name}:</span>
            <span className="truncate">
              <bdi>{value[name]}</bdi>
            </span>
            <button
              type="button"
              aria-label={`Remove the filter ${name}`}
              onClick={() => onChange({ [name]: null })}
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
          aria-describedby={saidId}
          aria-invalid={refused.length > 0}
          placeholder={placeholder ?? "Add a filter"}
          onChange={(event) => {
            const next = event.target.value;
            setRefused([]);
            if (suggestions.includes(next) && !next.endsWith(":")) take(next);
            else setText(next);
          }}
          onKeyDown={onKeyDown}
          onBlur={() => text.trim() !== "" && take(text)}
          className="h-6 min-w-24 flex-1 bg-transparent text-body text-ink outline-none placeholder:text-muted"
        />
        <datalist id={listId}>
          {suggestions.map((choice) => (
            <option key={choice} value={choice} />
          ))}
        </datalist>
      </search>
      <div id={saidId} role="status" className="grid gap-1 text-hint empty:hidden">
        {refused.map(({ text: written, why, isWords }) => (
          <span key={written} className="flex flex-wrap items-center gap-2">
            <bdi className="wrap-anywhere">{why}</bdi>
            {isWords && freeField !== undefined && (
              <Button
                size="small"
                onClick={() => {
                  setText("");
                  setRefused([]);
                  onChange({ [freeField]: written });
                }}
              >
                Search for <bdi>{written}</bdi>
              </Button>
            )}
          </span>
        ))}
        {unread.map(({ name, why }) => (
          <span key={name} className="flex flex-wrap items-center gap-2">
            <bdi className="wrap-anywhere">{why}</bdi>
            <Button size="small" onClick={() => change({ [name]: null })}>
              Take it out of the address
            </Button>
          </span>
        ))}
      </div>
    </div>
  );
}
