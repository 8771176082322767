import { type CompiledPolicy, compilePolicy } from "../../core/decide/compile-policy";
import type { PlatformClaims, ProgramClaims } from "../../core/shapes/claims";
import type { AppliedPolicy } from "../ports";
import type { DocumentsInForce } from "../sync/documents-in-force";

/** The policy of one program as the documents in force make it; the same object while neither document changed. */
export type PolicySource = {
  policyOf(appId: string): { policy: CompiledPolicy; applied: AppliedPolicy; claims: ProgramClaims } | undefined;
};

export function createPolicySource(inForce: () => DocumentsInForce): PolicySource {
  type Made = {
    platform: PlatformClaims;
    claims: ProgramClaims;
    policy: CompiledPolicy;
    applied: AppliedPolicy;
  };
  const made = new Map<string, Made>();
  return {
    policyOf(appId) {
      const { keyset, platform, programs } = inForce();
      const claims = programs.get(appId);
      if (!keyset || !platform || !claims || platform.epoch !== keyset.epoch) {
        made.delete(appId);
        return undefined;
      }
      const known = made.get(appId);
      if (known?.platform === platform && known.claims === claims) return known;
      const policy = compilePolicy(claims, platform);
      const { epoch, platformRevision, programRevision } = policy;
      const fresh = { platform, claims, policy, applied: { policy, epoch, platformRevision, programRevision } };
      made.set(appId, fresh);
      return fresh;
    },
  };
}
