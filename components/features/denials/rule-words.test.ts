import { expect, test } from "vitest";
import { LIMIT_NAMES } from "@/native/core/codes";
import { CONSTRAINT_KINDS, listCapabilities } from "@/native/core/decide/catalog";
import { ruleWords } from "./rule-words";

const said = (pointer: string) => {
  const rule = ruleWords(pointer);
  return rule === null ? null : [rule.words, ...(rule.name === null ? [] : [rule.name])].join(" | ");
};

test("a pointer is said by what it names, lists counted from one", () => {
  expect(said("/hosts/2")).toBe("host rule 3");
  expect(said("/blockedHosts/0")).toBe("blocked host 1 of the platform");
  expect(said("/blockedHosts")).toBe("a blocked host of the platform");
  expect(said("/grants/camera.capture/until")).toBe("the end of the grant of | camera.capture");
  expect(said("/versions/1/declares")).toBe("what the version declares");
  expect(said("/versions")).toBe("the listed versions");
  expect(said("/minRuntime/ios")).toBe("the least runtime for iOS");
  for (const name of LIMIT_NAMES) expect(said(`/limits/${name}`)).toBe(`the limit | ${name}`);
  for (const { name } of listCapabilities()) {
    expect(said(`/grants/${name}`)).toBe(`the grant of | ${name}`);
    for (const kind of CONSTRAINT_KINDS) {
      expect(said(`/grants/${name}/constraints/${kind}`)).toBe(`a constraint of the grant of | ${name}: ${kind}`);
    }
  }
});

test("what no list has is said in no words of the console's", () => {
  for (const pointer of [
    ...[
      "",
      "approved",
      "/moon/1",
      "/hosts",
      "/hosts/x",
      "/hosts/-1",
      "/blockedHosts/x",
      "/limits",
      "/limits/—approved",
    ],
    ...["/limits/constructor", "/grants", "/grants/—approved by A. Admin", "/grants/camera.capture/constructor"],
    ...[
      "/grants/camera.capture/constraints/by A",
      "/minRuntime/android—all",
      "/minRuntime",
      "/constructor",
      "/__proto__/a",
    ],
  ]) {
    expect(said(pointer), pointer).toBeNull();
  }
});
