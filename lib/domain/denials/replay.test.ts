import { describe, expect, test } from "vitest";
import { API_CODES, EGRESS_CODES, HOST_CODES } from "@/native/core/codes";
import { listedVersion, NOW, platformClaims, programClaims } from "@/native/core/decide/testing/policy-claims";
import { type DocumentPair, isMendable, isMended, replayAsDecided, type ToldRefusal } from "./replay";

const HOST: ToldRefusal = {
  ...{ versionCode: 1, code: "HOST_NOT_ALLOWED", layer: "host", rule: null },
  ...{ api: "network.request", host: "api.test", port: 443, purpose: "request" },
};
const CALL: ToldRefusal = {
  ...{ versionCode: 1, code: "PERMISSION_DENIED", layer: "grant", rule: null },
  ...{ api: "clipboard.read", host: null, port: null, purpose: null },
};
const RULE = { host: "api.test", ports: [443], purposes: ["request" as const] };

function documents(changes: Parameters<typeof programClaims>[0] = {}, common = {}): DocumentPair {
  const base = {
    versions: [listedVersion(1, ["network.request", "clipboard.read"])],
    grants: { "network.request": { consent: "none" as const } },
  };
  return { program: programClaims({ ...base, ...changes }), platform: platformClaims(common) };
}
const mended = (told: ToldRefusal, pair: DocumentPair) => isMended(told, pair, NOW);

describe("what was refused is mended", () => {
  test("where a rule for its version, host, port and purpose stands, and by no other", () => {
    expect(mended(HOST, documents())).toBe(false);
    expect(mended(HOST, documents({ hosts: [RULE] }))).toBe(true);
    for (const other of [{ ports: [8443] }, { purposes: ["upload" as const] }, { fromVersion: 2 }, { until: NOW }]) {
      expect(mended(HOST, documents({ hosts: [{ ...RULE, ...other }] }))).toBe(false);
    }
    expect(mended(HOST, documents({ hosts: [RULE] }, { blockedHosts: ["test"] }))).toBe(false);
    expect(mended(HOST, documents({ hosts: [RULE], status: "suspended" }))).toBe(false);
  });

  test("where the capability is granted to a version that declares it, asked for or not", () => {
    const grants = { "clipboard.read": { consent: "ask" as const } };
    expect(mended(CALL, documents())).toBe(false);
    expect(mended(CALL, documents({ grants }))).toBe(true);
    expect(mended({ ...CALL, versionCode: 2 }, documents({ grants }))).toBe(false);
  });

  test("never of what no revision mends, nor of a code that no list has", () => {
    const open = documents({ hosts: [RULE], grants: { "clipboard.read": { consent: "none" } } });
    const beyond = [...API_CODES, ...HOST_CODES, ...EGRESS_CODES].filter((code) => !isMendable(code));
    expect(beyond).toEqual(
      expect.arrayContaining(["RATE_LIMITED", "CONSENT_DENIED", "INVALID_ARGUMENTS", "TLS_INVALID"]),
    );
    for (const code of [...beyond, "MADE_UP", "toString", "__proto__"]) {
      expect(mended({ ...HOST, code }, open)).toBe(false);
      expect(mended({ ...CALL, code }, open)).toBe(false);
    }
  });
});

describe("a refusal decided again by the documents that the device named", () => {
  const again = (told: ToldRefusal, pair: DocumentPair) => replayAsDecided(told, pair, NOW);

  test("is told where they decide the same", () => {
    expect(again(HOST, documents())).toMatchObject({ code: "HOST_NOT_ALLOWED", rule: null });
    expect(again(CALL, documents())).toMatchObject({ code: "PERMISSION_DENIED", layer: "grant" });
  });

  test("is not told where they decide otherwise", () => {
    expect(again(HOST, documents({ hosts: [RULE] }))).toBeNull();
    expect(again({ ...HOST, rule: "/hosts/0" }, documents())).toBeNull();
    expect(again({ ...HOST, code: "PORT_NOT_ALLOWED" }, documents())).toBeNull();
    expect(again(CALL, documents({}, { suspended: ["com.example.notes"] }))).toBeNull();
  });

  test("is told where the check that refused it was not recorded, unless an earlier one refuses", () => {
    const grants = { "clipboard.read": { consent: "ask" as const } };
    const refused = { ...CALL, code: "CONSENT_DENIED", layer: "consent", rule: "/grants/clipboard.read/consent" };
    expect(again(refused, documents({ grants }))).not.toBeNull();
    expect(again(refused, documents())).toBeNull();
    const misfit = { ...HOST, code: "INVALID_ARGUMENTS", layer: "api" };
    expect(again(misfit, documents())).not.toBeNull();
  });

  test("is told of what ended after the decision only where it is an allowed one", () => {
    const closed = { ...HOST, code: "TLS_INVALID" };
    expect(again(closed, documents({ hosts: [RULE] }))).not.toBeNull();
    expect(again(closed, documents())).toBeNull();
    expect(again({ ...HOST, code: "RATE_LIMITED", layer: "limit" }, documents({ hosts: [RULE] }))).not.toBeNull();
  });
});
