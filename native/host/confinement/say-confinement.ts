import { CONFINEMENT_LAYERS, type ConfinementLayerName, sayLayer } from "../../core/confinement/layers";
import type { HostLog } from "../ports";
import { type LayerReport, missingLayers } from "./confinement-layers";

/**
 * One line a start, whatever was waived: which layers are missing here, what is open without each and why it is not there,
 * which of them keep programs from starting, and which were named as ones that may be missing.
 */
export function sayConfinement(layers: readonly LayerReport[], mayBeMissing: readonly string[], log: HostLog): void {
  const active = new Set(layers.filter((layer) => layer.active).map(({ name }) => name));
  const missing = CONFINEMENT_LAYERS.filter((name) => !active.has(name));
  if (missing.length === 0) {
    log("info", "confinement_whole", { layers: CONFINEMENT_LAYERS.length });
    return;
  }
  const reasonOf = (name: ConfinementLayerName) =>
    layers.find((layer) => layer.name === name)?.reason ?? "not looked at";
  const refusing = missingLayers(layers, mayBeMissing);
  log(refusing.length > 0 ? "error" : "warn", "confinement_degraded", {
    missing: missing.join(", "),
    open: missing.map((name) => `${name}: ${sayLayer(name)?.without} (${reasonOf(name)})`),
    noProgramStartsWithout: refusing.join(", ") || "none of these",
    waived: missing.filter((name) => mayBeMissing.includes(name)).join(", ") || "none",
    next: "bulkhead doctor",
  });
}
