"use client";

import { type ReactNode, useId } from "react";
import { classNames } from "./class-names";

export type SegmentedOption<T extends string> = { value: T; label: ReactNode; disabled?: boolean };

type SegmentedProps<T extends string> = {
  label: string;
  value: T;
  options: readonly SegmentedOption<NoInfer<T>>[];
  onChange(value: NoInfer<T>): void;
  disabled?: boolean;
  isSmall?: boolean;
};

/** One of a few, all visible. A group of radio buttons underneath, so that the arrow keys work. */
export function Segmented<T extends string>(props: SegmentedProps<T>) {
  const { label, value, options, onChange, disabled, isSmall } = props;
  const name = useId();
  return (
    <div
      role="radiogroup"
      aria-label={label}
      className="inline-flex max-w-full justify-self-start overflow-x-auto rounded-control border border-control bg-surface"
    >
      {options.map((option) => (
        <label
          key={option.value}
          className={classNames(
            "relative inline-flex cursor-pointer items-center gap-1.5 whitespace-nowrap px-3 font-medium text-body text-muted has-focus-visible:z-10 has-focus-visible:rounded-control has-focus-visible:outline-2 has-focus-visible:outline-accent has-focus-visible:-outline-offset-2",
            "not-first:border-l not-first:border-line",
            isSmall ? "h-6.5 max-phone:h-11" : "h-7.5 max-phone:h-11",
            "has-checked:rounded-control has-checked:bg-pressed has-checked:text-ink has-checked:shadow-[inset_0_0_0_1px_var(--color-ink)]",
            (disabled || option.disabled) && "cursor-not-allowed opacity-60",
          )}
        >
          <input
            type="radio"
            name={name}
            value={option.value}
            checked={option.value === value}
            disabled={disabled || option.disabled}
            onChange={() => onChange(option.value)}
            className="sr-only"
          />
          {option.label}
        </label>
      ))}
    </div>
  );
}
