import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ApiQuestion } from "./api-question";
import { findApi } from "./catalog";
import { compilePolicy } from "./compile-policy";
import { explainApi, replayCall } from "./explain";
import { readUrl } from "./read-url";
import type { RecordedCall, Replay } from "./replay";
import { listedVersion, NOW, platformClaims, programClaims } from "./testing/policy-claims";
import { apiQuestion, platform, program, rules } from "./testing/random-questions";

/** What a device would record of a call. */
function recordOf({ versionCode, api, params, runtime, now }: ApiQuestion): RecordedCall {
  const purpose = findApi(api)?.purpose ?? null;
  const url = typeof params === "object" && params !== null && "url" in params ? params.url : undefined;
  const target = purpose === null || typeof url !== "string" ? undefined : readUrl(url, purpose);
  return { versionCode, api, purpose, host: target?.host ?? null, port: target?.port ?? null, runtime, now };
}

const CALL: RecordedCall = {
  ...{ versionCode: 1, api: "network.request", purpose: "request", host: "api.test", port: 443 },
  ...{ runtime: { kind: "linux", version: "1.2.0" }, now: NOW },
};
const POLICY = {
  versions: [listedVersion(1, ["network.request", "clipboard.read"])],
  grants: { "network.request": { consent: "none" as const }, "clipboard.read": { consent: "ask" as const } },
};
const policyOf = (changes: Parameters<typeof programClaims>[0], common = {}) =>
  compilePolicy(programClaims({ ...POLICY, ...changes }), platformClaims(common));
const stateOf = ({ checks }: Replay, name: string) => checks.find(({ check }) => check === name)?.state;

describe("a recorded call, replayed (spec 5.54)", () => {
  it("says of each check what the decision itself would have said, or that it was not recorded", () => {
    fc.assert(
      fc.property(program, platform, rules, apiQuestion, (claims, common, hosts, asked) => {
        const policy = compilePolicy({ ...claims, hosts }, common);
        const whole = explainApi(policy, asked);
        const replay = replayCall(policy, recordOf(asked));
        for (const [place, step] of replay.checks.entries()) {
          const decided = whole.checks[place];
          expect(step.check).toBe(decided?.check);
          if (step.state === "not_recorded" || step.state === "not_reached" || decided?.state === "not_reached")
            continue;
          expect({ check: step.check, state: step.state }).toEqual({ check: step.check, state: decided?.state });
        }
        const firstLeft = replay.checks.findIndex(({ state }) => state === "not_recorded");
        const failed = replay.checks.findIndex(({ state }) => state === "failed");
        // Where nothing was left out before it, a refusal is the decision's own.
        if (failed !== -1 && (firstLeft === -1 || firstLeft > failed)) {
          const { decision, code, layer, rule } = whole;
          expect(replay).toMatchObject({ decision, code, layer, rule });
        }
        // What the record leaves open never makes a refusal, and a call that was allowed is never refused.
        if (whole.decision === "allow") expect(replay.decision).toBe("allow");
      }),
      { numRuns: 2000 },
    );
  });

  it("is allowed once a rule names the host, whatever its arguments were", () => {
    expect(replayCall(policyOf({}), CALL)).toMatchObject({ decision: "deny", code: "HOST_NOT_ALLOWED", rule: null });
    const hosts = [{ host: "api.test", ports: [443], purposes: ["request" as const] }];
    const replay = replayCall(policyOf({ hosts }), CALL);
    expect(replay).toMatchObject({ decision: "allow", rule: "/hosts/0" });
    expect(stateOf(replay, "ARGUMENTS")).toBe("not_recorded");
    expect(stateOf(replay, "PURPOSE")).toBe("passed");
  });

  it("leaves the person's answer, constraints and rates open where they could decide, and there alone", () => {
    const grants = {
      "clipboard.read": { consent: "ask" as const, constraints: { foregroundOnly: true as const, perDay: 3 } },
    };
    const open = replayCall(policyOf({ grants }), {
      ...CALL,
      api: "clipboard.read",
      purpose: null,
      host: null,
      port: null,
    });
    for (const check of ["CONSENT_ASKED", "CONSENT_GIVEN", "CONSTRAINTS", "RATES"]) {
      expect(stateOf(open, check)).toBe("not_recorded");
    }
    const free = replayCall(policyOf({}), CALL);
    for (const check of ["CONSENT_ASKED", "CONSENT_GIVEN", "CONSTRAINTS"]) expect(stateOf(free, check)).toBe("passed");
  });

  it("does not judge a minimum of the runtime that it does not know", () => {
    const strict = policyOf({}, { minRuntime: { linux: "1.3.0" } });
    expect(replayCall(strict, CALL)).toMatchObject({ code: "UPGRADE_REQUIRED", rule: "/minRuntime/linux" });
    const unknown = replayCall(strict, { ...CALL, runtime: null });
    expect(stateOf(unknown, "RUNTIME")).toBe("not_recorded");
    expect(unknown).toMatchObject({ code: "HOST_NOT_ALLOWED" });
  });

  it("judges the host alone of a record without an API, and no host of one without a URL", () => {
    const nameless = replayCall(policyOf({ grants: {} }), { ...CALL, api: null });
    expect(nameless).toMatchObject({ code: "HOST_NOT_ALLOWED" });
    expect(stateOf(nameless, "GRANT")).toBe("not_recorded");
    const noUrl = replayCall(policyOf({}), { ...CALL, host: null, port: null });
    expect(stateOf(noUrl, "RULE")).toBe("not_recorded");
    expect(noUrl.decision).toBe("allow");
  });

  it("names what came nearest without what was not recorded", () => {
    const grants = { "clipboard.read": { consent: "ask" as const, until: NOW, constraints: { perDay: 0 } } };
    const ended = replayCall(policyOf({ grants }), {
      ...CALL,
      api: "clipboard.read",
      purpose: null,
      host: null,
      port: null,
    });
    expect(ended).toMatchObject({ code: "PERMISSION_DENIED", nearest: { misses: ["UNTIL"] } });
  });
});
