import type { EditRules } from "@/lib/domain/check-edits";
import catalogue from "@/native/catalog/capabilities.json";
import suffixes from "@/native/catalog/public-suffixes.json";
import { readPublicSuffixes } from "@/native/core/decide/public-suffixes";

let rules: EditRules | undefined;

/** The catalogue and the public-suffix table as edits are checked by; read once, when first asked for. */
export function editRules(): EditRules {
  rules ??= {
    publicSuffixes: readPublicSuffixes(suffixes),
    constraintsOf: (name) => catalogue.capabilities.find((capability) => capability.name === name)?.constraints ?? null,
  };
  return rules;
}

/** Capabilities that approving a version grants unasked (spec §3). */
export function isPublicCapability(name: string): boolean {
  return catalogue.capabilities.some((capability) => capability.name === name && capability.sensitivity === "public");
}
