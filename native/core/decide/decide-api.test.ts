import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PlatformClaims, ProgramClaims } from "../shapes/claims";
import { listApis, listCapabilities } from "./catalog";
import { compilePolicy } from "./compile-policy";
import { decideApi, hasAccess } from "./decide-api";
import { listedVersion, NOW, platformClaims, programClaims } from "./testing/policy-claims";
import { APP, apiQuestion, CAPABILITIES, platform, program } from "./testing/random-questions";

/** What a JSON Pointer names in a document; undefined if nothing. */
function resolvePointer(document: unknown, pointer: string): unknown {
  return pointer
    .split("/")
    .slice(1)
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"))
    .reduce<unknown>((at, token) => {
      if (typeof at !== "object" || at === null || !Object.hasOwn(at, token)) return undefined;
      return (at as Record<string, unknown>)[token];
    }, document);
}

describe("API decision (spec §5, API call)", () => {
  it("never throws, and names a rule that is in one of the two documents", () => {
    fc.assert(
      fc.property(program, platform, apiQuestion, (claims, common, asked) => {
        const { rule, layer } = decideApi(compilePolicy(claims, common), asked);
        if (rule === null) return;
        const document = layer === "platform" ? common : claims;
        const named = resolvePointer(document, rule) ?? (rule === "/exp" ? common.exp : undefined);
        expect(named, `${layer} ${rule}`).toBeDefined();
      }),
      { numRuns: 1500 },
    );
  });

  it("allows only what is declared, granted, in time and not suspended", () => {
    fc.assert(
      fc.property(program, platform, apiQuestion, (claims, common, asked) => {
        const answer = decideApi(compilePolicy(claims, common), asked);
        if (answer.decision === "deny") return;
        const known = listApis().find(({ name }) => name === asked.api);
        const capability = known?.capability.name ?? "";
        const version = claims.versions.find(({ code }) => code === asked.versionCode);
        const held = claims.grants[capability];
        expect(version?.declares).toContain(capability);
        expect(held).toBeDefined();
        expect(held !== undefined && "inert" in held).toBe(false);
        expect(claims.status).toBe("active");
        expect(common.suspended).not.toContain(APP);
        expect(claims.epoch).toBe(common.epoch);
        if (known?.capability.sensitivity !== "public") expect(Math.min(claims.exp, common.exp)).toBeGreaterThan(NOW);
      }),
      { numRuns: 1500 },
    );
  });

  it("never allows more after a grant is revoked, a program suspended or a document left to age", () => {
    fc.assert(
      fc.property(
        program,
        platform,
        apiQuestion,
        fc.constantFrom(...CAPABILITIES),
        (claims, common, asked, revoked) => {
          const before = decideApi(compilePolicy(claims, common), asked).decision;
          const { [revoked]: _, ...grants } = claims.grants;
          const narrowed: [ProgramClaims, PlatformClaims][] = [
            [{ ...claims, grants }, common],
            [{ ...claims, status: "suspended" }, common],
            [claims, { ...common, suspended: [...common.suspended, APP] }],
            [claims, { ...common, exp: common.exp - 5000 }],
            [claims, { ...common, minRevisions: { [APP]: 3 } }],
          ];
          for (const [one, other] of narrowed) {
            if (decideApi(compilePolicy(one, other), asked).decision === "allow") expect(before).toBe("allow");
          }
        },
      ),
      { numRuns: 800 },
    );
  });

  it("denies access wherever no call could be allowed", () => {
    fc.assert(
      fc.property(program, platform, apiQuestion, (claims, common, asked) => {
        const policy = compilePolicy(claims, common);
        if (decideApi(policy, asked).decision === "allow") expect(hasAccess(policy, asked).decision).toBe("allow");
      }),
      { numRuns: 800 },
    );
  });

  it("keeps every API shut until its capability is declared and granted", () => {
    const names = listCapabilities().map(({ name }) => name);
    const all = Object.fromEntries(names.map((name) => [name, { consent: "none" as const }]));
    for (const { name, capability } of listApis()) {
      const asked = { versionCode: 1, api: name, runtime: { kind: "linux", version: "1.0.0" }, now: NOW };
      const others = names.filter((other) => other !== capability.name);
      const { [capability.name]: _, ...rest } = all;
      const undeclared = programClaims({ versions: [listedVersion(1, others)], grants: all });
      const ungranted = programClaims({ versions: [listedVersion(1, names)], grants: rest });
      expect(hasAccess(compilePolicy(undeclared, platformClaims()), asked)).toMatchObject({
        code: "PERMISSION_DENIED",
        layer: "manifest",
      });
      expect(hasAccess(compilePolicy(ungranted, platformClaims()), asked)).toMatchObject({
        code: "PERMISSION_DENIED",
        layer: "grant",
        rule: null,
      });
      const open = programClaims({ versions: [listedVersion(1, names)], grants: all });
      expect(hasAccess(compilePolicy(open, platformClaims()), asked)).toMatchObject({ code: "ALLOWED" });
    }
  });

  it("says what was used, how much may be and when to come back", () => {
    const claims = programClaims({
      versions: [listedVersion(1, ["device.info"])],
      grants: { "device.info": { consent: "none", constraints: { perMinute: 2, perDay: 9 } } },
    });
    const policy = compilePolicy(claims, platformClaims());
    const ask = (perMinute: number, perDay: number, retryAfterMs?: { perMinute: number; perDay: number }) =>
      decideApi(policy, {
        versionCode: 1,
        api: "device.info",
        runtime: { kind: "linux", version: "1.0.0" },
        now: NOW,
        context: {
          foreground: true,
          gesture: true,
          used: { perMinute, perDay },
          ...(retryAfterMs ? { retryAfterMs } : {}),
        },
      });
    expect(ask(2, 2).rate).toEqual({ limit: 2, used: 2, retryAfterMs: 60_000 });
    expect(ask(2, 2, { perMinute: 1234, perDay: 5678 }).rate).toEqual({ limit: 2, used: 2, retryAfterMs: 1234 });
    expect(ask(0, 9).rate).toEqual({ limit: 9, used: 9, retryAfterMs: 86_400_000 });
    expect(ask(1, 8).rate).toBeUndefined();
  });

  it("hands out the fields that may be returned only with what it allows", () => {
    const claims = programClaims({
      versions: [listedVersion(1, ["device.info"])],
      grants: { "device.info": { consent: "ask", constraints: { fields: ["kind"] } } },
    });
    const policy = compilePolicy(claims, platformClaims());
    const asked = {
      versionCode: 1,
      api: "device.info",
      runtime: { kind: "linux", version: "1.0.0" },
      now: NOW,
    } as const;
    expect(decideApi(policy, { ...asked, consent: "given" }).fields).toEqual(["kind"]);
    expect(decideApi(policy, asked).fields).toBeUndefined();
  });
});
