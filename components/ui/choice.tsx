"use client";

import type { ReactNode } from "react";

type ChoiceProps = {
  name: string;
  value: string;
  isChecked: boolean;
  onChoose(value: string): void;
  children: ReactNode;
  aside?: ReactNode;
};

/** One choice of a list, a whole line to press. */
export function Choice({ name, value, isChecked, onChoose, children, aside }: ChoiceProps) {
  return (
    <label className="flex min-h-10 cursor-pointer items-center gap-3 rounded-control border border-control px-3 has-checked:border-accent has-checked:outline-1 has-checked:outline-accent has-focus-visible:outline-2 has-focus-visible:outline-accent max-phone:min-h-11">
      <input
        type="radio"
        name={name}
        value={value}
        checked={isChecked}
        onChange={() => onChoose(value)}
        className="size-4 shrink-0 appearance-none rounded-full border border-control bg-surface outline-none checked:border-[5px] checked:border-accent"
      />
      <span className="min-w-0 flex-1">{children}</span>
      {aside !== undefined && <span className="text-hint text-muted">{aside}</span>}
    </label>
  );
}
