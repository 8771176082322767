import { sign as signBytes } from "node:crypto";
import { AppError } from "@/lib/platform/errors";
import type { PolicySigner } from "../signer";
import type { KeyFolder } from "./key-folder";

/**
 * The policy signer whose keys are files. The newest key of the folder that the trusted keyset also names signs: a
 * rotation makes the key first, and it takes over with the keyset that introduces it.
 */
export function createFileSigner(folder: KeyFolder): PolicySigner {
  return {
    async activeKid(keyset) {
      const trusted = new Map(keyset.keys.map((key) => [key.kid, key.jwk]));
      const usable = (await folder.list("policy")).filter((key) => {
        const jwk = trusted.get(key.kid);
        return jwk !== undefined && jwk.x === key.jwk.x && jwk.y === key.jwk.y;
      });
      const newest = usable.at(-1);
      if (newest === undefined) {
        throw new AppError("unavailable", "No policy key of this server stands in the trusted keyset.");
      }
      return newest.kid;
    },
    async sign(kid, data) {
      const key = await folder.open("policy", kid);
      return signBytes("sha256", data, { key, dsaEncoding: "ieee-p1363" });
    },
  };
}
