import { CONFINEMENT_LAYERS, type ConfinementLayerName } from "../../core/confinement/layers";

/** Layers that not every machine can give. Where one is missing, others stand before it, and it is said. */
const DISPENSABLE: readonly ConfinementLayerName[] = ["threads", "landlock", "time", "own_user", "cgroup"];

/** Layers without which a third party's program is not started, unless the embedder names each that may be missing. */
export const REQUIRED_LAYERS: readonly ConfinementLayerName[] = CONFINEMENT_LAYERS.filter(
  (name) => !DISPENSABLE.includes(name),
);

export type LayerReport = { name: ConfinementLayerName; active: boolean; reason?: string };

/** Names of required layers that the probe found missing and that were not named as dispensable. */
export function missingLayers(layers: readonly LayerReport[], mayBeMissing: readonly string[]): ConfinementLayerName[] {
  return REQUIRED_LAYERS.filter(
    (name) => !mayBeMissing.includes(name) && !layers.some((layer) => layer.name === name && layer.active),
  );
}
