"use client";

import { Clock } from "lucide-react";
import { Segmented } from "@/components/ui/segmented";

const WORDS: Record<string, string> = { "1h": "1 h", "24h": "24 h", "7d": "7 d", "14d": "14 d" };

export function rangeWord(range: string): string {
  return WORDS[range] ?? range;
}

type TimeRangeProps<T extends string> = { value: T; options: readonly T[]; onChange(value: T): void };

export function TimeRangeChoice<T extends string>({ value, options, onChange }: TimeRangeProps<T>) {
  return (
    <span className="inline-flex items-center gap-2">
      <Clock size={14} aria-hidden className="text-muted" />
      <Segmented
        label="Time range"
        value={value}
        onChange={onChange}
        options={options.map((option) => ({ value: option, label: rangeWord(option) }))}
      />
    </span>
  );
}
