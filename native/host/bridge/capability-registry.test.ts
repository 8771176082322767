import { describe, expect, it } from "vitest";
import { listApis } from "../../core/decide/catalog";
import { createCapabilityRegistry } from "./capability-registry";

const nothing = async () => ({ outcome: "value" as const, value: {} });

describe("the registry of handlers", () => {
  it("takes no handler without a capability of the catalogue", () => {
    expect(() => createCapabilityRegistry([{ capability: "debug.shell", apis: {} }])).toThrow("no capability");
  });

  it("takes no API under another capability than its own, and none that does not exist", () => {
    for (const api of ["contacts.read", "device.info.raw", "__proto__", "constructor"]) {
      const apis = Object.fromEntries([[api, nothing]]);
      expect(() => createCapabilityRegistry([{ capability: "device.info", apis }])).toThrow("is no API of");
    }
  });

  it("takes no second handler for one API", () => {
    const handler = { capability: "device.info", apis: { "device.info": nothing } };
    expect(() => createCapabilityRegistry([handler, handler])).toThrow("already");
  });

  it("finds what was registered, and nothing else of the catalogue", () => {
    const registry = createCapabilityRegistry([{ capability: "device.info", apis: { "device.info": nothing } }]);
    expect(registry.apis).toEqual(["device.info"]);
    for (const { name } of listApis()) expect(registry.find(name) !== undefined).toBe(name === "device.info");
    for (const name of ["__proto__", "toString", ""]) expect(registry.find(name)).toBeUndefined();
  });
});
