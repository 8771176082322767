import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CALL_CHECKS, NETWORK_CALL_CHECKS } from "./api-checks";
import { compilePolicy } from "./compile-policy";
import { ADDRESS_CHECKS, decideAddress } from "./decide-address";
import { decideApi } from "./decide-api";
import { decideHost } from "./decide-host";
import { decideRedirect, REDIRECT_CHECKS } from "./decide-redirect";
import { explainAddress, explainApi, explainHost, explainRedirect } from "./explain";
import { HOST_CHECKS } from "./host-checks";
import { platformClaims, programClaims } from "./testing/policy-claims";
import { apiQuestion, blockedHosts, hostQuestion, platform, program, rules, url } from "./testing/random-questions";
import { type Trace, traceShape } from "./trace";

type Order = readonly { check: string; rule: string | null }[];

/** What holds of every trace: its shape, its order, and that it ends where a check failed or nowhere. */
function expectWhole(trace: Trace, orders: readonly Order[]): void {
  expect(traceShape.parse(trace)).toEqual(trace);
  const names = trace.checks.map(({ check }) => check);
  const order = orders.find((one) => one.length === names.length);
  expect(names).toEqual(order?.map(({ check }) => check));
  const states = trace.checks.map(({ state }) => state);
  const place = states.indexOf("failed");
  const passed = place === -1 ? states.length : place;
  expect(states).toEqual(
    states.map((_, index) => (index < passed ? "passed" : index === passed ? "failed" : "not_reached")),
  );
  const failed = trace.checks[place];
  if (failed?.state !== "failed") {
    expect(trace).toMatchObject({ decision: "allow", code: "ALLOWED", nearest: null });
    return;
  }
  expect(trace).toMatchObject({
    decision: "deny",
    code: failed.code,
    layer: failed.layer,
    rule: failed.check === "ARGUMENTS" ? null : failed.at,
  });
  expect(trace.rule === null).toBe(order?.[place]?.rule === null);
  const form = (order?.[place]?.rule ?? "").replaceAll(/[.$^]/g, "\\$&").replaceAll("*", "[^/]+");
  expect(trace.rule ?? "").toMatch(new RegExp(`^${form}$`));
}

const ends = ({ decision, code, layer, rule }: Omit<Trace, "checks" | "nearest" | "help">) => ({
  decision,
  code,
  layer,
  rule,
});

describe("a decision explained (spec §5)", () => {
  it("ends in the same code, layer and rule as it was decided, for hosts and redirects", () => {
    fc.assert(
      fc.property(
        rules,
        blockedHosts,
        hostQuestion,
        url,
        fc.integer({ min: 1, max: 7 }),
        (hosts, blocked, asked, from, hop) => {
          const policy = compilePolicy(programClaims({ hosts }), platformClaims({ blockedHosts: blocked }));
          const trace = explainHost(policy, asked);
          expectWhole(trace, [HOST_CHECKS]);
          expect(ends(trace)).toEqual(ends(decideHost(policy, asked)));
          const followed = explainRedirect(policy, { ...asked, from, hop });
          expectWhole(followed, [REDIRECT_CHECKS]);
          expect(ends(followed)).toEqual(ends(decideRedirect(policy, { ...asked, from, hop })));
        },
      ),
      { numRuns: 1500 },
    );
  });

  it("ends in the same code, layer and rule as it was decided, for calls", () => {
    fc.assert(
      fc.property(program, platform, apiQuestion, (claims, common, asked) => {
        const policy = compilePolicy(claims, common);
        const trace = explainApi(policy, asked);
        expectWhole(trace, [CALL_CHECKS, NETWORK_CALL_CHECKS]);
        expect(ends(trace)).toEqual(ends(decideApi(policy, asked)));
      }),
      { numRuns: 1500 },
    );
  });

  it("ends in the same code as it was decided, for addresses", () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()), (text) => {
        const trace = explainAddress(text);
        expectWhole(trace, [ADDRESS_CHECKS]);
        expect(ends(trace)).toEqual({ layer: "host", rule: null, ...decideAddress(text) });
      }),
    );
  });

  it("holds no text of a program that is longer than its bound, or cut within a character", () => {
    const policy = compilePolicy(programClaims(), platformClaims());
    const runtime = { kind: "linux", version: "1.0.0" } as const;
    const api = `${"a".repeat(255)}\u{1f600}`;
    const [step] = explainApi(policy, { versionCode: 1, api, runtime, now: 1 }).checks;
    expect(step).toMatchObject({ check: "API", state: "failed", seen: "a".repeat(255) });
  });
});
