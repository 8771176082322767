import { parseManifest } from "../../core/manifest/parse-manifest";
import { boundText, showActing } from "../../core/text/plain-text";
import type { RunnableBundle } from "../ports";

const NAME_UNITS_MAX = 128;
const REASON_UNITS_MAX = 512;
const shown = (text: string, unitsMax: number) => showActing(boundText(text, unitsMax));

/**
 * What a program says of itself to the person who is asked about it: its name, and why it wants a capability. The words are its
 * publisher's: bounded, and nothing in them acts.
 */
export function programWords(bundle: RunnableBundle, capability: string): { name: string; reason: string | null } {
  const file = bundle.readFile("manifest.json");
  const parsed = file === undefined ? undefined : parseManifest(file);
  if (!parsed?.valid) return { name: bundle.appId, reason: null };
  const { name, req_permissions } = parsed.manifest;
  const wish = req_permissions?.find((one) => one.name === capability);
  return { name: shown(name, NAME_UNITS_MAX), reason: wish ? shown(wish.reason, REASON_UNITS_MAX) : null };
}
