import type { FilterField } from "@/components/blocks/filter-text";
import { DEVICE_STATES } from "@/lib/contracts/devices";
import { LABEL_NAMES, labelValueShape } from "@/lib/domain/labels";
import type { DeviceFilter } from "@/lib/queries/devices";

export const DEVICE_FIELDS: readonly FilterField[] = [
  { name: "state", values: DEVICE_STATES },
  ...LABEL_NAMES.map((name) => ({ name, read: readLabelValue })),
  { name: "q" },
];

function readLabelValue(text: string): { value: string } | { why: string } {
  const { data } = labelValueShape.safeParse(text.toLowerCase());
  return data === undefined
    ? { why: `${text} is no label; one has letters, digits and . _ -, 32 at most.` }
    : { value: data };
}

/** The filter that the address names; whatever it does not understand is left out. */
export function readDeviceFilter(source: Record<string, string | string[] | undefined>): DeviceFilter {
  const state = DEVICE_STATES.find((name) => name === source.state);
  const { q } = source;
  const labels = LABEL_NAMES.flatMap((name) => {
    const { data } = labelValueShape.safeParse(source[name]);
    return data === undefined ? [] : [[name, data] as const];
  });
  return {
    ...Object.fromEntries(labels),
    ...(state === undefined ? {} : { state }),
    ...(typeof q === "string" && q !== "" ? { q: q.slice(0, 200) } : {}),
  };
}
