import { describe, expect, it } from "vitest";
import { API_CODES, EGRESS_CODES, HOST_CODES } from "../codes";
import { compilePolicy } from "./compile-policy";
import { describeCode, describeTrace } from "./describe-refusal";
import { explainApi, explainHost } from "./explain";
import { NOW, platformClaims, programClaims } from "./testing/policy-claims";

const hosts = [{ host: "api.test", ports: [443], purposes: ["request" as const] }];
const policy = compilePolicy(programClaims({ hosts }), platformClaims());

describe("a refusal explains itself (spec 5.55)", () => {
  it("by the check that failed, what it saw, what would pass, and what came nearest", () => {
    const trace = explainHost(policy, {
      versionCode: 1,
      url: "https://api.test:8443/",
      purpose: "request",
      now: NOW,
    });
    expect(describeTrace(trace)).toEqual({
      message: "8443 is not in [443]; nearest is api.test: other ports",
      ...{ at: "/hosts/0", seen: 8443, wanted: [443], help: "errors/PORT_NOT_ALLOWED" },
    });
  });

  it("without a nearest where none is", () => {
    const runtime = { kind: "linux", version: "1.0.0" };
    const trace = explainApi(policy, { versionCode: 1, api: "made.up", runtime, now: NOW });
    expect(describeTrace(trace)).toMatchObject({
      message: "there is no API made.up",
      at: null,
      help: "errors/UNKNOWN_API",
    });
  });

  it("by its code where no check of the decision failed, whichever it is", () => {
    expect(describeCode("TLS_INVALID").message).toBe("the certificate is not valid for the name");
    expect(describeCode("RATE_LIMITED").message).toBe("a limit of the program was reached");
    for (const code of [...API_CODES, ...HOST_CODES, ...EGRESS_CODES]) {
      const said = describeCode(code);
      expect(said).toMatchObject({ at: null, seen: null, wanted: null, help: `errors/${code}` });
      expect(said.message).not.toMatch(/[{}]|undefined/);
    }
  });
});
