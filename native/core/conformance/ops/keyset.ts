import { z } from "zod";
import { thumbprintShape } from "../../crypto/public-key";
import { readKeysetClaims } from "../../documents/read-claims";
import { type RootTrust, verifyKeyset } from "../../documents/verify-keyset";
import type { JsonObject } from "../../json/parse-json";
import type { KeysetClaims } from "../../shapes/claims";
import { CannotAnswer, defineOp, rawClaims, requireClaims } from "../op";

const members = z.object({
  /** The text as received; a line may also carry the serialization as the object that it is. */
  jws: z.union([z.string(), rawClaims]),
  trusted: rawClaims,
  platform: z.string(),
  now: z.int(),
});
const rootTrust = z.object({ rootThumbprints: z.array(thumbprintShape), threshold: z.int().min(1) });

export const keysetOp = defineOp(members, (line, { crypto }) => {
  const jws = typeof line.jws === "string" ? line.jws : JSON.stringify(line.jws);
  const { result, code } = verifyKeyset({ ...line, jws, trusted: readTrusted(line.trusted), crypto });
  return { result, code };
});

function readTrusted(raw: JsonObject): KeysetClaims | RootTrust {
  if (!Object.hasOwn(raw, "rootThumbprints")) {
    const required = ["revision", "environment", "rootKeys", "threshold"] as const;
    return requireClaims("trusted", readKeysetClaims(raw, required));
  }
  const trust = rootTrust.safeParse(raw);
  if (!trust.success) throw new CannotAnswer("trusted: thumbprints or threshold that cannot be read");
  return trust.data;
}
