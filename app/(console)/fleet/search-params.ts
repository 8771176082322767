import type { FilterField } from "@/components/blocks/filter-text";
import { DEVICE_STATES } from "@/lib/domain/device-states";
import { LABEL_NAMES, LABEL_VALUE } from "@/lib/domain/labels";
import type { DeviceFilter } from "@/lib/queries/devices";

export const DEVICE_FIELDS: readonly FilterField[] = [
  { name: "state", values: DEVICE_STATES },
  ...LABEL_NAMES.map((name) => ({ name, read: readLabelValue })),
  { name: "q" },
];

function readLabelValue(text: string): { value: string } | { why: string } {
  const value = text.toLowerCase();
  return LABEL_VALUE.test(value)
    ? { value }
    : { why: `${text} is no label; one has letters, digits and . _ -, 32 at most.` };
}

/** The filter that the address names; whatever it does not understand is left out. */
export function readDeviceFilter(source: Record<string, string | string[] | undefined>): DeviceFilter {
  const state = DEVICE_STATES.find((name) => name === source.state);
  const { q } = source;
  const labels = LABEL_NAMES.flatMap((name) => {
    const value = source[name];
    return typeof value === "string" && LABEL_VALUE.test(value) ? [[name, value] as const] : [];
  });
  return {
    ...Object.fromEntries(labels),
    ...(state === undefined ? {} : { state }),
    ...(typeof q === "string" && q !== "" ? { q: q.slice(0, 200) } : {}),
  };
}
