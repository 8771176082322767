import { missingLayers } from "./confinement-layers";
import { type Confinement, probeConfinement } from "./probe-confinement";

/**
 * For suites that need the real sandbox: whether every required layer is active here. Says loudly which are missing, so
 * that a skipped guarantee is never taken for a kept one.
 */
export async function requireConfinement(suite: string): Promise<{ available: boolean; confinement: Confinement }> {
  const confinement = await probeConfinement();
  const missing = missingLayers(confinement.layers, []);
  if (missing.length > 0) {
    const reasons = confinement.layers
      .filter((layer) => !layer.active)
      .map((layer) => `${layer.name}: ${layer.reason}`);
    process.stderr.write(`\nSKIPPED ${suite}: this machine's confinement lacks ${reasons.join("; ")}\n`);
  }
  return { available: missing.length === 0, confinement };
}
