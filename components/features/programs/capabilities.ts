import catalogue from "@/native/catalog/capabilities.json";

export type Capability = (typeof catalogue.capabilities)[number];
const BY_NAME = new Map<string, Capability>(catalogue.capabilities.map((item) => [item.name, item]));

/** What the catalogue says of a capability; undefined for a name that it does not have. */
export function findCapability(name: string): Capability | undefined {
  return BY_NAME.get(name);
}

/** All names, in the order of the catalogue. */
export const CAPABILITY_NAMES: readonly string[] = catalogue.capabilities.map(({ name }) => name);
