/** The layers that a program's confinement is made of, in the order in which they are reported. */
export const CONFINEMENT_LAYERS = [
  "userns",
  "mount",
  "pid",
  "netns",
  "ipc",
  "uid",
  "capabilities",
  "no_new_privs",
  "seccomp",
  "environment",
  "rlimits",
  "cgroup",
] as const;
export type ConfinementLayerName = (typeof CONFINEMENT_LAYERS)[number];

/**
 * Layers without which a third party's program is not started, unless the embedder names each that may be missing.
 * The cgroup is not among them: where it is missing, the monitor reads `/proc` and kills.
 */
export const REQUIRED_LAYERS: readonly ConfinementLayerName[] = CONFINEMENT_LAYERS.filter((name) => name !== "cgroup");

export type LayerReport = { name: ConfinementLayerName; active: boolean; reason?: string };

/** Names of required layers that the probe found missing and that were not named as dispensable. */
export function missingLayers(layers: readonly LayerReport[], mayBeMissing: readonly string[]): ConfinementLayerName[] {
  return REQUIRED_LAYERS.filter(
    (name) => !mayBeMissing.includes(name) && !layers.some((layer) => layer.name === name && layer.active),
  );
}
