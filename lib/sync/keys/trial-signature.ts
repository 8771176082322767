import { createPublicKey, verify } from "node:crypto";
import type { KeysetClaims } from "@/native/core/shapes/claims";
import type { PolicySigner } from "../signer";
import { KEY_FAULTS, type KeyFault, keyFaultOf } from "./key-faults";

export type TrialSignature =
  | { result: "signs"; kid: string }
  | { result: "cannot_sign"; fault: KeyFault; says: string; remedy: string };

/** No compact JWS: a line feed and no point, so that the signature is good for nothing else. */
const trialText = (kid: string) => Buffer.from(`bulkhead trial signature 1\n${kid}\n`, "utf8");

/**
 * Signs a fixed text as a publish would sign now, and verifies it by the key that the trusted keyset names: whether a
 * suspension would get out at this moment. Never rejects; what is wrong is one of `KEY_FAULTS`.
 */
export async function trialSignature(keyset: KeysetClaims | null, signer: PolicySigner): Promise<TrialSignature> {
  if (keyset === null) return cannotSign("NO_KEYSET");
  try {
    const kid = await signer.activeKid(keyset);
    const trusted = keyset.keys.find((key) => key.kid === kid);
    if (trusted === undefined) return cannotSign("KEY_FOREIGN");
    const signature = await signer.sign(kid, trialText(kid));
    const key = createPublicKey({ key: { ...trusted.jwk }, format: "jwk" });
    const isRight =
      signature.byteLength === 64 && verify("sha256", trialText(kid), { key, dsaEncoding: "ieee-p1363" }, signature);
    return isRight ? { result: "signs", kid } : cannotSign("SIGNATURE_WRONG");
  } catch (error) {
    return cannotSign(keyFaultOf(error));
  }
}

function cannotSign(fault: KeyFault): TrialSignature {
  return { result: "cannot_sign", fault, ...KEY_FAULTS[fault] };
}
