import { sign } from "node:crypto";
import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../../node/crypto";
import { makeKeyPair } from "../../node/make-key-pair";
import { publicKeyShape } from "../crypto/public-key";
import { signCompact } from "../documents/sign-document";
import { AUDIT_HEAD_TYPE, type AuditHeadClaims, signAuditHead, verifyAuditHead } from "./audit-head";

const pair = makeKeyPair();
const signer = {
  kid: "policy",
  sign: async (data: Uint8Array) =>
    new Uint8Array(sign("sha256", data, { key: pair.privateKey, dsaEncoding: "ieee-p1363" })),
};
const keys = [{ kid: "policy", jwk: publicKeyShape.parse(pair.publicKey.export({ format: "jwk" })) }];
const keyset = { keys, epoch: 1, schema: 1, platform: "super.test", revision: 1, iat: 0, exp: 1 } as const;
const keysets = [{ ...keyset, environment: "development" as const, rootKeys: [], threshold: 1 }];
const claims: AuditHeadClaims = {
  schema: 1,
  platform: "super.test",
  epoch: 1,
  sequence: 12,
  sha256: "ab".repeat(32),
  iat: 4_000_000_000,
};
const verify = (jws: string) => verifyAuditHead(jws, { platform: "super.test", keysets, crypto: nodeCrypto });

describe("a head of the audit log", () => {
  it("is read back as it was signed, whatever any clock says", async () => {
    expect(await verify(await signAuditHead(claims, signer))).toEqual({ result: "accepted", code: "ACCEPTED", claims });
  });

  it("with any character of it changed says nothing", async () => {
    const jws = await signAuditHead(claims, signer);
    for (let at = 0; at < jws.length; at += 1) {
      const changed = `${jws.slice(0, at)}${jws[at] === "A" ? "B" : "A"}${jws.slice(at + 1)}`;
      expect((await verify(changed)).result, `character ${at}`).toBe("refused");
    }
  });

  it("with a member more or less is refused, whoever signed it", async () => {
    const forge = (members: Record<string, unknown>) =>
      signCompact({ typ: AUDIT_HEAD_TYPE, claims: members, ...signer });
    for (const member of Object.keys(claims)) {
      const fewer = Object.fromEntries(Object.entries(claims).filter(([name]) => name !== member));
      expect(await verify(await forge(fewer)), member).toEqual({ result: "refused", code: "MALFORMED" });
    }
    for (const member of ["revision", "exp", "note"]) {
      expect(await verify(await forge({ ...claims, [member]: 1 })), member).toMatchObject({ code: "MALFORMED" });
    }
  });
});
