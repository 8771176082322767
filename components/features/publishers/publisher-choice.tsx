"use client";

import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useState } from "react";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Select } from "@/components/ui/select";
import { formatCount } from "@/lib/format/count";
import { publisherListQuery } from "@/lib/queries/publishers";

type PublisherChoiceProps = {
  id: string;
  value: string | null;
  onChange(publisherId: string | null): void;
  problem?: string | null | undefined;
};

/** Chooses one publisher: from a list, and where that does not hold all of them, by a name that is looked for. */
export function PublisherChoice({ id, value, onChange, problem = null }: PublisherChoiceProps) {
  const [words, setWords] = useState("");
  const q = useDeferredValue(words.trim());
  const all = useQuery(publisherListQuery({}));
  const found = useQuery({ ...publisherListQuery({ q }), enabled: q !== "" });
  const list = q === "" ? all.data : found.data;
  const items = list?.items ?? [];
  const others = (list?.total ?? 0) - items.length;
  const isLong = all.data !== undefined && all.data.nextCursor !== null;
  const isEmpty = all.isSuccess && all.data.total === 0;
  return (
    <>
      {isLong && (
        <Field label="Find a publisher" htmlFor={`${id}-find`}>
          <Input
            id={`${id}-find`}
            type="search"
            autoComplete="off"
            maxLength={100}
            value={words}
            onChange={({ target }) => {
              setWords(target.value);
              onChange(null);
            }}
          />
        </Field>
      )}
      <Field
        label="Publisher"
        htmlFor={id}
        problem={problem}
        hint={
          isEmpty
            ? "There is no publisher yet."
            : others > 0
              ? `${formatCount(items.length)} of ${formatCount(list?.total ?? 0)} are in this list.`
              : undefined
        }
      >
        <Select
          id={id}
          value={value ?? ""}
          onChange={({ target }) => onChange(target.value === "" ? null : target.value)}
        >
          <option value="">Choose one</option>
          {items.map((publisher) => (
            <option key={publisher.id} value={publisher.id}>
              <bdi>{publisher.name}</bdi>
            </option>
          ))}
        </Select>
      </Field>
    </>
  );
}
