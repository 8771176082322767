import { createHash, createVerify, type Verify } from "node:crypto";
import type { Signer } from "./named-bundles";

/** Whether bytes are those of the digest; and of each signature whose it is over them, null where it is nobody's. */
export type JudgedBytes = { isSame: boolean; signed: ({ signature: Uint8Array; signer: Signer } | null)[] };

/** Reads bytes once, piece by piece, holding none; raises what reading them raises. */
export async function judgeBytes(
  pieces: AsyncIterable<Uint8Array>,
  {
    sha256,
    signers,
    signatures,
  }: { sha256: string; signers: readonly Signer[]; signatures: readonly (Uint8Array | null)[] },
): Promise<JudgedBytes> {
  const keys = signers.filter(({ kid }, place) => signers.findIndex((one) => one.kid === kid) === place);
  const trials = signatures.map((signature) =>
    signature === null ? [] : keys.map((signer) => ({ signature, signer, trial: createVerify("sha256") })),
  );
  const hash = createHash("sha256");
  for await (const piece of pieces) {
    hash.update(piece);
    for (const { trial } of trials.flat()) trial.update(piece);
  }
  const isSame = hash.digest("hex") === sha256;
  const signed = trials.map((of) => of.find(isSigned) ?? null);
  return { isSame, signed: signed.map((one) => one && { signature: one.signature, signer: one.signer }) };
}

function isSigned({ trial, signer, signature }: { trial: Verify; signer: Signer; signature: Uint8Array }): boolean {
  if (signer.jwk === null) return false;
  try {
    return trial.verify({ key: signer.jwk, format: "jwk" }, signature);
  } catch {
    // A key that cannot be read verifies nothing.
    return false;
  }
}
