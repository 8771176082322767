import type { DeviceView } from "../../core/device/view";
import type { AppliedPolicy } from "../ports";

/** By what one program is decided now; the same object while neither the documents in force nor newer ones changed. */
export type PolicySource = { policyOf(appId: string): AppliedPolicy | undefined };

export function createPolicySource(view: Pick<DeviceView, "policiesOf">): PolicySource {
  const made = new Map<string, AppliedPolicy>();
  return {
    policyOf(appId) {
      const { inForce: policy, newer } = view.policiesOf(appId);
      if (policy === undefined) {
        made.delete(appId);
        return undefined;
      }
      const known = made.get(appId);
      if (known?.policy === policy && known.newer === newer) return known;
      const { epoch, platformRevision, programRevision } = policy;
      const fresh = { policy, newer, epoch, platformRevision, programRevision };
      made.set(appId, fresh);
      return fresh;
    },
  };
}
