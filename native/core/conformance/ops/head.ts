import { z } from "zod";
import { verifyAuditHead } from "../../audit/audit-head";
import { readKeysetClaims } from "../../documents/read-claims";
import { CannotAnswer, defineOp, rawClaims, requireClaims } from "../op";

const members = z.object({
  jws: z.string(),
  /** The trusted keyset, and those that were walked before it; either may be left out. */
  keyset: rawClaims.exactOptional(),
  keysets: z.array(rawClaims).exactOptional(),
  platform: z.string(),
});

export const headOp = defineOp(members, ({ jws, keyset, keysets, platform }, { crypto }) => {
  if (keyset === undefined && keysets === undefined) throw new CannotAnswer("missing or mistyped: keyset");
  const walked = [...(keysets ?? []), ...(keyset === undefined ? [] : [keyset])].map((claims) =>
    requireClaims("keysets", readKeysetClaims(claims, ["epoch", "keys"])),
  );
  const { result, code } = verifyAuditHead(jws, { platform, keysets: walked, crypto });
  return { result, code };
});
