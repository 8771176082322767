import { describe, expect, it } from "vitest";
import english from "../../catalog/sentences.en.json" with { type: "json" };
import { compilePolicy } from "./compile-policy";
import { explainHost } from "./explain";
import { sayNearest, sayStep } from "./say-trace";
import { readSentences } from "./sentences";
import { NOW, platformClaims, programClaims } from "./testing/policy-claims";

const ask = (url: string) => {
  const hosts = [{ host: "api.test", ports: [443], purposes: ["request" as const], until: NOW + 1 }];
  const policy = compilePolicy(programClaims({ hosts }), platformClaims());
  return explainHost(policy, { versionCode: 1, url, purpose: "request", now: NOW });
};
const said = (url: string, name: string) => {
  const step = ask(url).checks.find(({ check }) => check === name);
  return step && sayStep(step);
};

describe("sentences of a trace", () => {
  it("say what a check saw, and nothing of one that was not reached", () => {
    expect(said("https://api.test/", "PORT")).toBe("443 is in [443]");
    expect(said("https://api.test:8443/", "PORT")).toBe("8443 is not in [443]");
    expect(said("https://api.test/", "RULE_TIME")).toBe("the rule is in force until 2023-11-14T22:13:21.000Z");
    expect(said("https://u@api.test/", "URL")).toBe("the URL cannot be read: a name stands before the host");
    expect(said("//api.test/", "SCHEME")).toBe("nothing is not https");
    expect(said("https://u@api.test/", "PORT")).toBeNull();
  });

  it("say what came nearest", () => {
    const { nearest } = ask("https://api.test:8443/");
    expect(nearest && sayNearest(nearest)).toBe("nearest is api.test: other ports");
  });

  it("are there for every check, fault and miss, or a language is refused", () => {
    const { PORT: _, ...checks } = english.checks;
    expect(readSentences(english)).toEqual(english);
    expect(() => readSentences({ ...english, checks })).toThrow();
    expect(() => readSentences({ ...english, misses: {} })).toThrow();
    expect(() => readSentences({ ...english, after: {} })).toThrow();
    const nowhere = { ...english.checks, NOWHERE: { passed: "yes", failed: "no" } };
    expect(() => readSentences({ ...english, checks: nowhere })).toThrow();
  });
});
