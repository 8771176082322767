import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../../node/crypto";
import { causeKey, denialCauseKey, denialSubject, describeDenial, makeDenialId } from "./cause-key";
import { compilePolicy } from "./compile-policy";
import { platformClaims, programClaims } from "./testing/policy-claims";

const cause = {
  appId: "com.example.notes",
  versionCode: 12,
  code: "HOST_NOT_ALLOWED",
  subject: "evil.test:443",
} as const;

describe("denials (spec §5)", () => {
  it("of one cause share a key, whoever reckons it", async () => {
    const text = "com.example.notes\n12\nHOST_NOT_ALLOWED\nevil.test:443";
    const expected = createHash("sha256").update(text).digest("hex").slice(0, 16);
    expect(causeKey(cause, nodeCrypto.sha256)).toBe(expected);
  });

  it("of other programs, versions, codes or subjects have other keys", async () => {
    const others = [
      cause,
      { ...cause, appId: "com.example.note" },
      { ...cause, versionCode: 1 },
      { ...cause, code: "URL_MALFORMED" as const },
      { ...cause, subject: "evil.test:44" },
    ];
    const keys = await Promise.all(others.map((other) => causeKey(other, nodeCrypto.sha256)));
    expect(new Set(keys).size).toBe(others.length);
  });

  it("are about the host where the URL named one, else about the API", () => {
    const subjectOf = (url?: string) =>
      denialSubject({ api: "network.request", ...(url === undefined ? {} : { url, purpose: "request" }) }).subject;
    expect(subjectOf("https://A.test:8443/x")).toBe("a.test:8443");
    expect(subjectOf("http://a.test/")).toBe("network.request");
    expect(subjectOf()).toBe("network.request");
  });

  it("have an id that begins with the key, and no other text has one", () => {
    expect(denialCauseKey(makeDenialId("0123456789abcdef", "r4nd0m"))).toBe("0123456789abcdef");
    for (const text of ["", "0123456789abcde", "0123456789ABCDEF-x", "0123456789abcdef0-x", " 0123456789abcdef-x"]) {
      expect(denialCauseKey(text)).toBeUndefined();
    }
  });

  it("carry the epoch and both documents' revisions", () => {
    const policy = compilePolicy(programClaims({ revision: 5 }), platformClaims({ epoch: 7, revision: 6 }));
    const decision = { decision: "deny", code: "POLICY_EXPIRED", layer: "document", rule: "/exp" } as const;
    expect(describeDenial(policy, decision, "id")).toEqual({
      denialId: "id",
      code: "POLICY_EXPIRED",
      layer: "document",
      rule: "/exp",
      epoch: 7,
      platformRevision: 6,
      programRevision: 5,
    });
  });
});
