import type { ReactNode } from "react";
import { PAGE_MEASURES, type PageMeasure } from "@/lib/domain/measures/page-measures";
import { formatCount } from "@/lib/format/count";

type MeasureProps = {
  name: PageMeasure;
  value: number;
  /** Of what it is counted: a program, a cause of it. Without one, of all. */
  of?: string;
  /** The range that it is counted over, where it has one. */
  range?: string;
  /** As it is written, where that is not the number alone. */
  children?: ReactNode;
};

/** A number of a page with the name of what it counts, by which it is held against every other place that shows it. */
export function Measure({ name, value, of, range, children }: MeasureProps) {
  return (
    <span data-measure={name} data-of={of} data-range={range} data-value={value} title={PAGE_MEASURES[name]}>
      {children ?? formatCount(value)}
    </span>
  );
}
