import { type Edit, memberValue, type PolicyState } from "@/lib/domain/policy-state";
import { isPublicCapability } from "@/native/core/decide/catalog";
import type { ProgramVersion } from "@/native/core/shapes/claims";

/**
 * What one approval of a version publishes: its listing, and a grant of each public capability that it declares and the
 * program does not hold yet (spec §3, §6). Every other wish is a proposal of its own.
 */
export function listingEdits(state: PolicyState, appId: string, version: ProgramVersion): Edit[] {
  const member = { kind: "version", appId, code: version.code } as const;
  const grants = version.declares.flatMap((capability): Edit[] => {
    const grant = { kind: "grant", appId, capability } as const;
    if (!isPublicCapability(capability) || memberValue(state, grant) !== null) return [];
    return [{ member: grant, entry: { kind: "grant", member: grant, value: { consent: "none" } } }];
  });
  return [{ member, entry: { kind: "version", member, value: version } }, ...grants];
}
