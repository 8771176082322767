import type { FilterField } from "@/components/blocks/filter-text";

/** A version's code as the address names it; undefined for anything that is none. */
export function readVersion(text: string | null | undefined): number | undefined {
  const code = Number(text ?? "");
  return Number.isSafeInteger(code) && code > 0 ? code : undefined;
}

export const VERSION_FIELD: FilterField = {
  name: "version",
  read(text) {
    const code = readVersion(text.replace(/^v/i, ""));
    return code === undefined
      ? { why: `${text} is no version; write its code, as version:12.` }
      : { value: String(code) };
  },
};
