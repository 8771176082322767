import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { HostRule } from "../shapes/claims";
import { compilePolicy } from "./compile-policy";
import { decideHost } from "./decide-host";
import { naiveHostDecision } from "./testing/naive-host-decision";
import { NOW, platformClaims, programClaims } from "./testing/policy-claims";
import { blockedHosts, hostQuestion, NAMES, rules, until, url } from "./testing/random-questions";

describe("host decision (spec §5, Host)", () => {
  it("answers every text as a slow reading of the clause does", () => {
    fc.assert(
      fc.property(rules, blockedHosts, hostQuestion, (hosts, blocked, asked) => {
        const program = programClaims({ hosts });
        const platform = platformClaims({ blockedHosts: blocked });
        const { code, layer, rule: place } = decideHost(compilePolicy(program, platform), asked);
        expect({ code, layer, rule: place }).toEqual(naiveHostDecision(program, platform, asked));
      }),
      { numRuns: 4000 },
    );
  });

  it("never allows more when a rule loses ports, purposes or time, or the platform blocks a name", () => {
    const cut = fc.record({ at: fc.nat(), port: fc.nat(), purpose: fc.nat(), until, block: fc.constantFrom(...NAMES) });
    fc.assert(
      fc.property(rules, hostQuestion, cut, (hosts, asked, { at, port, purpose, until: end, block }) => {
        const before = decideHost(compilePolicy(programClaims({ hosts }), platformClaims()), asked);
        const narrowed = hosts.map((entry, index) => {
          if ("inert" in entry || index !== at % hosts.length) return entry;
          return {
            ...entry,
            ports: entry.ports.filter((_, place) => place !== port % (entry.ports.length + 1)),
            purposes: entry.purposes.filter((_, place) => place !== purpose % (entry.purposes.length + 1)),
            until: Math.min(entry.until ?? end, end),
          };
        });
        const platform = platformClaims({ blockedHosts: [block] });
        const after = decideHost(compilePolicy(programClaims({ hosts: narrowed }), platform), asked);
        if (after.decision === "allow") expect(before.decision).toBe("allow");
      }),
      { numRuns: 2000 },
    );
  });

  it("allows no host that is not the one a connection would be made to", () => {
    const policy = compilePolicy(
      programClaims({ hosts: [{ host: "api.test", ports: [443], purposes: ["request"] }] }),
      platformClaims(),
    );
    fc.assert(
      fc.property(url, (text) => {
        const answer = decideHost(policy, { versionCode: 1, url: text, purpose: "request", now: NOW });
        if (answer.decision === "deny") return;
        // Whatever passed must be read in the same way by a parser that is not ours.
        expect(new URL(text).hostname).toBe(answer.host);
        expect(answer.port).toBe(443);
      }),
      { numRuns: 4000 },
    );
  });

  it("opens the wildcard when an exact rule goes away, so that removing one is no narrowing", () => {
    const wildcard: HostRule = { host: "*.api.test", ports: [443], purposes: ["request"] };
    const exact: HostRule = { host: "a.api.test", ports: [443], purposes: ["upload"] };
    const ask = (hosts: HostRule[]) =>
      decideHost(compilePolicy(programClaims({ hosts }), platformClaims()), {
        versionCode: 1,
        url: "https://a.api.test/",
        purpose: "request",
        now: NOW,
      }).code;
    expect(ask([wildcard, exact])).toBe("PURPOSE_NOT_ALLOWED");
    expect(ask([wildcard])).toBe("ALLOWED");
  });

  it("hands out the pins of the rule that allowed, and no others", () => {
    const pins = { sha256: ["ab".repeat(32)], until: NOW, mode: "enforce" as const };
    const hosts: HostRule[] = [
      { host: "api.test", ports: [443], purposes: ["request"], pins },
      { host: "api.test", ports: [443], purposes: ["upload"] },
    ];
    const policy = compilePolicy(programClaims({ hosts }), platformClaims());
    const ask = (purpose: "request" | "upload" | "download") =>
      decideHost(policy, { versionCode: 1, url: "https://api.test/", purpose, now: NOW }).pins;
    expect(ask("request")).toEqual(pins);
    expect(ask("upload")).toBeNull();
    expect(ask("download")).toBeNull();
  });
});
