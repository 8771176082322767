import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HOST_PURPOSES } from "../codes";
import type { HostRule, InertHostRule } from "../shapes/claims";
import { compilePolicy } from "./compile-policy";
import { decideHost } from "./decide-host";
import { naiveHostDecision } from "./testing/naive-host-decision";
import { NOW, platformClaims, programClaims } from "./testing/policy-claims";

const NAMES = ["api.test", "a.api.test", "b.api.test", "c.a.api.test", "evil.test", "xapi.test"];
const PATTERNS = [...NAMES, "*.api.test", "*.a.api.test"];
const PORTS = [443, 8443, 1];

const until = fc.constantFrom(NOW - 1, NOW, NOW + 1);
const rule: fc.Arbitrary<HostRule | InertHostRule> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record(
      {
        host: fc.constantFrom(...PATTERNS),
        ports: fc.uniqueArray(fc.constantFrom(...PORTS), { minLength: 1 }),
        purposes: fc.uniqueArray(fc.constantFrom(...HOST_PURPOSES), { minLength: 1 }),
        until,
        fromVersion: fc.integer({ min: 1, max: 3 }),
      },
      { requiredKeys: ["host", "ports", "purposes"] },
    ),
  },
  { weight: 1, arbitrary: fc.record({ inert: fc.constant(true as const), host: fc.constantFrom(...PATTERNS) }) },
);
const rules = fc.array(rule, { maxLength: 8 });
const blockedHosts = fc.uniqueArray(fc.constantFrom("api.test", "b.api.test", "evil.test", "other.test"), {
  maxLength: 2,
});

const hostile = fc.constantFrom(
  "",
  " ",
  "@",
  "\\",
  ":",
  "::",
  ":0",
  ":443",
  ":0443",
  ":65536",
  "[",
  "]",
  "[::1]",
  "%2e",
  "*",
  "\t",
  "\u3002",
  "\ud800",
  "..",
  "-",
  "#",
  "?",
  "/",
);
const url = fc.oneof(
  fc
    .tuple(
      fc.constantFrom("https://", "HTTPS://", "wss://", "http://", "//", "https:/", ""),
      fc.constantFrom(...NAMES, "API.test", "localhost", "127.0.0.1", "a.0x1"),
      fc.constantFrom("", ":443", ":8443", ":1", ":2"),
      fc.constantFrom("", "/", "/x?y#z", "?q", "#f"),
    )
    .map((parts) => parts.join("")),
  fc
    .array(fc.oneof(hostile, fc.constantFrom("https", "://", "api", ".", "test", "443", "a")), { maxLength: 9 })
    .map((parts) => parts.join("")),
  fc.string({ unit: "binary" }),
);
const question = fc.record({
  versionCode: fc.integer({ min: 0, max: 3 }),
  url,
  purpose: fc.constantFrom(...HOST_PURPOSES),
  now: fc.constantFrom(NOW - 1, NOW, NOW + 1),
});

describe("host decision (spec §5, Host)", () => {
  it("answers every text as a slow reading of the clause does", () => {
    fc.assert(
      fc.property(rules, blockedHosts, question, (hosts, blocked, asked) => {
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
      fc.property(rules, question, cut, (hosts, asked, { at, port, purpose, until: end, block }) => {
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
