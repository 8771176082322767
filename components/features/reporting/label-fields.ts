import type { FilterField } from "@/components/blocks/filter-text";
import { LABEL_NAMES, LABEL_VALUE, type Labels } from "@/lib/domain/labels";

/** Filters by what devices are told apart by, as `region:eu`. */
export const LABEL_FIELDS: readonly FilterField[] = LABEL_NAMES.map((name) => ({ name, read: readLabelValue }));

function readLabelValue(text: string): { value: string } | { why: string } {
  const value = text.toLowerCase();
  return LABEL_VALUE.test(value)
    ? { value }
    : { why: `${text} is no label; one has letters, digits and . _ -, 32 at most.` };
}

/** The labels that an address names; whatever is none is left out. */
export function readLabels(source: Readonly<Record<string, string | string[] | undefined>>): Labels {
  return Object.fromEntries(
    LABEL_NAMES.flatMap((name) => {
      const value = source[name];
      return typeof value === "string" && LABEL_VALUE.test(value) ? [[name, value] as const] : [];
    }),
  );
}
