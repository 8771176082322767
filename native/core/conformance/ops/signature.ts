import { z } from "zod";
import { p1363FromDer } from "../../crypto/der";
import { fromHex } from "../../crypto/encoding";
import { publicJwkFromPem } from "../../crypto/jwk";
import { defineOp } from "../op";

const members = z.object({
  publicKeyPem: z.string(),
  messageHex: z.string(),
  signatureHex: z.string(),
  encoding: z.enum(["der", "p1363"]),
});

/** Text that is no key, no hex or no signature is hostile, not unreadable: it answers `valid: false` (spec §8). */
export const signatureOp = defineOp(members, (line, { crypto }) => {
  const key = publicJwkFromPem(line.publicKeyPem);
  const message = fromHex(line.messageHex);
  const received = fromHex(line.signatureHex);
  const signature = received && (line.encoding === "der" ? p1363FromDer(received) : received);
  if (key === undefined || message === undefined || signature === undefined) return { valid: false };
  return { valid: crypto.verify(key, message, signature) };
});
