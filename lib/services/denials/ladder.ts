import type { DenialDetail } from "@/lib/contracts/programs";
import type { DecisionCode, DecisionLayer } from "@/native/core/codes";

type Rung = { code: DecisionCode; layer: DecisionLayer };

/** Every check before a call is made, in the order in which a runtime decides (spec §5). */
const BEFORE: readonly Rung[] = [
  { code: "UNKNOWN_API", layer: "api" },
  { code: "PROGRAM_SUSPENDED", layer: "platform" },
  { code: "PROGRAM_SUSPENDED", layer: "document" },
  { code: "UPGRADE_REQUIRED", layer: "platform" },
  { code: "UPGRADE_REQUIRED", layer: "document" },
  { code: "POLICY_EXPIRED", layer: "platform" },
  { code: "POLICY_EXPIRED", layer: "document" },
  { code: "PERMISSION_DENIED", layer: "manifest" },
  { code: "PERMISSION_DENIED", layer: "grant" },
  { code: "CONSENT_REQUIRED", layer: "consent" },
  { code: "CONSENT_DENIED", layer: "consent" },
  { code: "INVALID_ARGUMENTS", layer: "api" },
  { code: "CONSTRAINT_NOT_MET", layer: "grant" },
];
const NETWORK: readonly Rung[] = [
  { code: "URL_MALFORMED", layer: "host" },
  { code: "SCHEME_NOT_ALLOWED", layer: "host" },
  { code: "HOST_MALFORMED", layer: "host" },
  { code: "HOST_BLOCKED_BY_PLATFORM", layer: "platform" },
  { code: "HOST_NOT_ALLOWED", layer: "host" },
  { code: "PORT_NOT_ALLOWED", layer: "host" },
  { code: "PURPOSE_NOT_ALLOWED", layer: "host" },
];
const RATES: readonly Rung[] = [
  { code: "RATE_LIMITED", layer: "grant" },
  { code: "RATE_LIMITED", layer: "limit" },
];
const AFTER_NETWORK: readonly Rung[] = [
  { code: "ADDRESS_NOT_PUBLIC", layer: "host" },
  { code: "TLS_INVALID", layer: "host" },
  { code: "PIN_MISMATCH", layer: "host" },
  { code: "REDIRECT_NOT_ALLOWED", layer: "host" },
];

/** The ladder with the failing check marked; what comes after it was not reached. */
export function buildLadder(code: string, layer: string, isNetwork: boolean): DenialDetail["ladder"] {
  const rungs = [...BEFORE, ...(isNetwork ? NETWORK : []), ...RATES, ...(isNetwork ? AFTER_NETWORK : [])];
  const exact = rungs.findIndex((rung) => rung.code === code && rung.layer === layer);
  const failed = exact === -1 ? rungs.findIndex((rung) => rung.code === code) : exact;
  return rungs.map((rung, index) => ({
    ...rung,
    state: failed === -1 || index < failed ? "passed" : index === failed ? "failed" : "not_reached",
  }));
}
