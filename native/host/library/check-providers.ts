import { findApi, findCapability } from "../../core/decide/catalog";
import type { CapabilityProvider } from "../api/providers";

/** What the host carries out by itself, behind checks that are its own. */
const OWN: ReadonlySet<string> = new Set(["device.info", "storage.local"]);

/** What is wrong with the providers that a host is given; undefined where nothing is. Read before any program starts. */
export function findProviderFault(providers: readonly CapabilityProvider[]): string | undefined {
  const taken = new Set<string>();
  for (const { capability, apis } of providers) {
    const known = findCapability(capability);
    if (known === undefined) return `no capability ${capability} in the catalogue`;
    if (OWN.has(capability) || known.apis.some((name) => findApi(name)?.purpose !== null))
      return `${capability} is the host's own`;
    if (taken.has(capability)) return `${capability} is provided twice`;
    taken.add(capability);
    for (const [api, carryOut] of Object.entries(apis)) {
      if (findApi(api)?.capability.name !== capability) return `${api} is no API of ${capability}`;
      if (typeof carryOut !== "function") return `${api} is no function`;
    }
  }
  return undefined;
}
