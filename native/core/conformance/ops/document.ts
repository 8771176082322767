import { z } from "zod";
import { readKeysetClaims } from "../../documents/read-claims";
import { verifyDocument } from "../../documents/verify-document";
import { defineOp, rawClaims, requireClaims } from "../op";

const members = z.object({
  jws: z.string(),
  keyset: rawClaims,
  type: z.enum(["bulkhead-platform", "bulkhead-program"]),
  platform: z.string(),
  appId: z.string().exactOptional(),
  now: z.int(),
  stored: z.object({ epoch: z.int(), revision: z.int(), sha256: z.string() }).exactOptional(),
});

export const documentOp = defineOp(members, (line, { crypto, publicSuffixes }) => {
  const keyset = requireClaims("keyset", readKeysetClaims(line.keyset, ["epoch", "exp", "keys"]));
  const { result, code } = verifyDocument({ ...line, keyset, crypto, publicSuffixes });
  return { result, code };
});
