import type { FilterField } from "@/components/blocks/filter-text";
import { LABEL_FIELDS, readLabels } from "@/components/features/reporting/label-fields";
import { DEVICE_STATES } from "@/lib/domain/device-states";
import type { DeviceFilter } from "@/lib/queries/devices";

export const DEVICE_FIELDS: readonly FilterField[] = [
  { name: "state", values: DEVICE_STATES },
  ...LABEL_FIELDS,
  { name: "q" },
];

/** The filter that the address names; whatever it does not understand is left out. */
export function readDeviceFilter(source: Record<string, string | string[] | undefined>): DeviceFilter {
  const state = DEVICE_STATES.find((name) => name === source.state);
  const { q } = source;
  return {
    ...readLabels(source),
    ...(state === undefined ? {} : { state }),
    ...(typeof q === "string" && q !== "" ? { q: q.slice(0, 200) } : {}),
  };
}
