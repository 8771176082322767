import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compilePolicy } from "./compile-policy";
import { decideApi } from "./decide-api";
import { decideByBoth, decideCallByBoth } from "./decide-both";
import { decideHost } from "./decide-host";
import { NOW, platformClaims, programClaims } from "./testing/policy-claims";

const APIS = { "device.info": {}, "storage.local.get": { key: "k" }, "clipboard.read": {} } as const;
const HOSTS = ["a.example", "b.example"];
const declares = ["device.info", "storage.local", "clipboard.read"];

const policies = fc
  .record({
    capabilities: fc.subarray(declares),
    hosts: fc.subarray(HOSTS),
    blockedHosts: fc.subarray(HOSTS),
    suspended: fc.boolean(),
    revision: fc.integer({ min: 1, max: 9 }),
  })
  .map(({ capabilities, hosts, blockedHosts, suspended, revision }) =>
    compilePolicy(
      programClaims({
        revision,
        versions: [{ code: 1, name: "1", sha256: "0".repeat(64), size: 1, kid: "k".repeat(43), declares }],
        grants: Object.fromEntries(capabilities.map((name) => [name, { consent: "none" as const }])),
        hosts: hosts.map((host) => ({ host, ports: [443], purposes: ["request" as const] })),
      }),
      platformClaims({ blockedHosts, suspended: suspended ? [programClaims().appId] : [] }),
    ),
  );

describe("what a policy in force and a newer one decide together", () => {
  it("allows what both allow and nothing else; the newer one's refusal is told, with the documents that it is by", () => {
    fc.assert(
      fc.property(policies, policies, (policy, newer) => {
        const runtime = { kind: "linux", version: "1.0.0" };
        for (const [api, params] of Object.entries(APIS)) {
          const ask = (by: typeof policy) => decideApi(by, { versionCode: 1, api, params, runtime, now: NOW });
          const both = decideCallByBoth({ policy, newer }, ask);
          const [old, fresh] = [ask(policy), ask(newer)];
          expect(both.decision === "allow").toBe(old.decision === "allow" && fresh.decision === "allow");
          const telling = fresh.decision === "deny" ? { ...fresh, by: newer } : { ...old, by: policy };
          expect(both).toEqual(telling);
          expect(decideCallByBoth({ policy }, ask)).toEqual({ ...old, by: policy });
        }
        for (const host of HOSTS) {
          const url = `https://${host}/`;
          const ask = (by: typeof policy) => decideHost(by, { versionCode: 1, url, purpose: "request", now: NOW });
          const { decision } = decideByBoth({ policy, newer }, ask);
          expect(decision === "allow").toBe([policy, newer].every((by) => ask(by).decision === "allow"));
        }
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    [undefined, ["url"], ["url"]],
    [["url"], undefined, ["url"]],
    [["url", "status"], ["status", "body"], ["status"]],
    [undefined, undefined, undefined],
  ])("lets only those members of a result pass that both let pass (%j, %j)", (old, fresh, passing) => {
    const of = (fields: string[] | undefined) =>
      compilePolicy(
        programClaims({
          versions: [{ code: 1, name: "1", sha256: "0".repeat(64), size: 1, kid: "k".repeat(43), declares }],
          grants: {
            "device.info": { consent: "none", ...(fields ? { constraints: { fields } } : {}) },
          },
        }),
        platformClaims(),
      );
    const runtime = { kind: "linux", version: "1.0.0" };
    const ask = (by: ReturnType<typeof of>) =>
      decideApi(by, { versionCode: 1, api: "device.info", params: {}, runtime, now: NOW });
    expect(decideCallByBoth({ policy: of(old), newer: of(fresh) }, ask)).toMatchObject({ decision: "allow" });
    expect(decideCallByBoth({ policy: of(old), newer: of(fresh) }, ask).fields).toEqual(passing);
  });
});
