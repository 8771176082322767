import { describe, expect, it } from "vitest";
import { HOST_PURPOSES } from "../codes";
import { findApi, findCapability, isCapability, listApis, listCapabilities } from "./catalog";

const PUBLIC = ["device.info", "haptics.vibrate", "network.request", "storage.local"];
const DANGEROUS = [
  "bluetooth.connect",
  "camera.capture",
  "contacts.read",
  "identity.phone",
  "location.precise",
  "microphone.record",
  "payments.request",
];

describe("catalogue (spec §3)", () => {
  it("has the sensitivities that the contract gives", () => {
    const named = (sensitivity: string) =>
      listCapabilities()
        .filter((entry) => entry.sensitivity === sensitivity)
        .map(({ name }) => name)
        .sort();
    expect(named("public")).toEqual(PUBLIC);
    expect(named("dangerous")).toEqual(DANGEROUS);
    expect(named("restricted")).toHaveLength(listCapabilities().length - PUBLIC.length - DANGEROUS.length);
    expect(listCapabilities().length).toBeGreaterThanOrEqual(29);
  });

  it("names an API as its capability, or as its capability and one verb", () => {
    for (const { name, capability } of listApis()) {
      const verb = name.slice(capability.name.length);
      expect(verb === "" || /^\.[a-z]+$/.test(verb), name).toBe(true);
      expect(name.startsWith(capability.name)).toBe(true);
    }
    expect(new Set(listApis().map(({ name }) => name)).size).toBe(listApis().length);
  });

  it("gives every network API a purpose, which is its last word, and a URL that it cannot go without", () => {
    const network = listApis().filter(({ name }) => name.startsWith("network."));
    expect(network.map(({ purpose }) => purpose).sort()).toEqual([...HOST_PURPOSES].sort());
    for (const { name, purpose, findMisfit } of network) {
      expect(name).toBe(`network.${purpose}`);
      for (const params of [undefined, {}, { url: 1 }, { url: null }, Object.create({ url: "https://a.test/" })]) {
        expect(findMisfit(params)?.at, name).toBe("/url");
      }
      expect(findMisfit({ url: "https://a.test/" }), name).toBeUndefined();
    }
    for (const { name, purpose } of listApis()) if (!name.startsWith("network.")) expect(purpose).toBeNull();
  });

  it("lets `fields` choose among the results of every API that has some", () => {
    for (const { name, capability, result } of listApis()) {
      if (result.length > 0) expect(capability.constraints, name).toContain("fields");
    }
  });

  it("finds nothing that is not an entry of its own", () => {
    for (const name of ["__proto__", "constructor", "toString", "storage.local", "console"]) {
      expect(findApi(name)).toBeUndefined();
    }
    expect(findCapability("hasOwnProperty")).toBeUndefined();
    expect(isCapability("storage.local.get")).toBe(false);
  });
});
