import { expect, test } from "vitest";
import { ruleWords } from "./rule-words";

test("a pointer is said by what it names, lists counted from one", () => {
  expect(ruleWords("/hosts/2")).toBe("host rule 3");
  expect(ruleWords("/blockedHosts/0")).toBe("blocked host 1 of the platform");
  expect(ruleWords("/blockedHosts")).toBe("a blocked host of the platform");
  expect(ruleWords("/grants/camera.capture")).toBe("the grant of camera.capture");
  expect(ruleWords("/grants/camera.capture/until")).toBe("the end of the grant of camera.capture");
  expect(ruleWords("/grants/nfc.read/constraints/perDay")).toBe("a constraint of the grant of nfc.read: perDay");
  expect(ruleWords("/versions/1/declares")).toBe("what the version declares");
  expect(ruleWords("/limits/requestsPerSecond")).toBe("the limit requestsPerSecond");
  expect(ruleWords("/versions")).toBe("the listed versions");
  expect(ruleWords("/minRuntime/a~1b")).toBe("the least runtime for a/b");
});

test("what no list has is shown as it is", () => {
  expect(ruleWords("/moon/1")).toBe("/moon/1");
  expect(ruleWords("/hosts/x")).toBe("host rule x");
});
