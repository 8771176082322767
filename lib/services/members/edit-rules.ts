import type { EditRules } from "@/lib/domain/check-edits";
import { publicSuffixes } from "@/lib/sync/public-suffixes";
import { findCapability } from "@/native/core/decide/catalog";

/** The catalogue and the public-suffix table as edits are checked by. */
export function editRules(): EditRules {
  return {
    publicSuffixes: publicSuffixes(),
    constraintsOf: (name) => findCapability(name)?.constraints ?? null,
  };
}
