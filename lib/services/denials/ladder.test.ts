import { expect, test } from "vitest";
import { CALL_CHECKS, NETWORK_CALL_CHECKS } from "@/native/core/decide/api-checks";
import { compilePolicy } from "@/native/core/decide/compile-policy";
import { replayCall } from "@/native/core/decide/explain";
import { listedVersion, NOW, platformClaims, programClaims } from "@/native/core/decide/testing/policy-claims";
import { buildLadder } from "./ladder";
import { readPointer } from "./read-pointer";

const denied = (code: string, layer: string, rule: string | null = null) => ({
  ...{ code, layer, rule, host: null },
});

test("the checks are the evaluator's in its order, then what follows a decision, the network's only where one is asked", () => {
  const shown = (isNetwork: boolean) =>
    buildLadder(denied("UNKNOWN_API", "api"), isNetwork, null).map(({ check }) => check);
  const names = (checks: readonly { check: string }[]) => checks.map(({ check }) => check);
  const connected = ["ADDRESS_NOT_PUBLIC", "TLS_INVALID", "PIN_MISMATCH", "REDIRECT_NOT_ALLOWED"];
  expect(shown(true)).toEqual([...names(NETWORK_CALL_CHECKS), "LIMITS", ...connected]);
  expect(shown(false)).toEqual([...names(CALL_CHECKS), "LIMITS"]);
});

test("one check failed, by its code, layer and rule, those before it passed, and none after it was reached", () => {
  // Calls are counted before anything is looked at.
  const flooded = buildLadder(denied("RATE_LIMITED", "limit"), true, null).map(({ state }) => state);
  expect(new Set(flooded)).toEqual(new Set(["unknown", "failed"]));
  // What a call gave was too much: then it was made.
  const given = buildLadder(denied("CONSTRAINT_NOT_MET", "grant", "/grants/x/constraints/maxBytes"), true, null);
  expect(given.filter(({ state }) => state === "not_reached")).toEqual([]);
  const failing = (code: string, layer: string, rule: string | null = null) => {
    const ladder = buildLadder(denied(code, layer, rule), false, null);
    const states = ladder.map(({ state }) => state);
    const place = states.indexOf("failed");
    expect(states).toEqual(states.map((_, at) => (at < place ? "passed" : at === place ? "failed" : "not_reached")));
    return ladder[place]?.check;
  };
  expect(failing("UNKNOWN_API", "api")).toBe("API");
  expect(failing("PERMISSION_DENIED", "manifest", "/versions/0/declares")).toBe("DECLARATION");
  expect(failing("PERMISSION_DENIED", "grant")).toBe("GRANT");
  expect(failing("PERMISSION_DENIED", "grant", "/grants/nfc.read")).toBe("GRANT_FORM");
  expect(failing("PERMISSION_DENIED", "grant", "/grants/nfc.read/until")).toBe("GRANT_TIME");
  expect(failing("POLICY_EXPIRED", "platform", "/minRevisions/a.b")).toBe("REVISION");
  // A layer or a rule of a later release: the code still says which check it was.
  expect(failing("RATE_LIMITED", "moon")).toBe("RATES");
  expect(failing("PERMISSION_DENIED", "grant", "/moon")).toBe("GRANT");
  const unknown = buildLadder(denied("MADE_UP", "grant"), false, null).map(({ state }) => state);
  expect(new Set(unknown)).toEqual(new Set(["unknown"]));
});

const POLICY = compilePolicy(
  programClaims({
    versions: [listedVersion(1, ["network.request"])],
    grants: { "network.request": { consent: "ask" } },
  }),
  platformClaims(),
);
const CALL = {
  ...{ versionCode: 1, api: "network.request", purpose: "request" as const, host: "api.test", port: 443 },
  ...{ runtime: null, now: NOW },
};

test("a check says what it saw where the decision was made again, and of what was not recorded that it was not", () => {
  const replay = replayCall(POLICY, CALL);
  const rungs = new Map(buildLadder({ ...replay, host: "api.test" }, true, replay).map((rung) => [rung.check, rung]));
  expect(rungs.get("RULE")).toMatchObject({ state: "failed", saw: { seen: "api.test" }, isRecorded: true });
  expect(rungs.get("API")).toMatchObject({ state: "passed", saw: { seen: "network.request" } });
  expect(rungs.get("CONSENT_ASKED")).toMatchObject({ state: "passed", saw: null, isRecorded: false });
  expect(rungs.get("PORT")).toMatchObject({ state: "not_reached", saw: null });
});

test("the device's own code stands where the failing check was not recorded, and nothing after it was seen", () => {
  const ladder = buildLadder(
    denied("CONSENT_DENIED", "consent", "/grants/network.request/consent"),
    true,
    replayCall(POLICY, CALL),
  );
  const failed = ladder.findIndex(({ state }) => state === "failed");
  expect(ladder[failed]).toMatchObject({ code: "CONSENT_DENIED", saw: null, isRecorded: false });
  expect(ladder.slice(failed + 1).filter(({ saw }) => saw !== null)).toEqual([]);
});

test("a pointer names own members alone", () => {
  const value = { hosts: [{ "a/b": { "~": 1 } }], empty: null };
  expect(readPointer(value, "")).toBe(value);
  expect(readPointer(value, "/hosts/0/a~1b/~0")).toBe(1);
  expect(readPointer(value, "/empty")).toBeNull();
  for (const nowhere of ["hosts", "/hosts/1", "/empty/x", "/hosts/0/a~1b/~0/x", "/toString", "/hosts/0/__proto__"]) {
    expect(readPointer(value, nowhere), nowhere).toBeUndefined();
  }
});
