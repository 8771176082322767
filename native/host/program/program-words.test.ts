import { describe, expect, it } from "vitest";
import { programWords } from "./program-words";

const bundleOf = (manifest: string | undefined) => ({
  ...{ appId: "com.example.walk", versionCode: 1, engine: "script" as const },
  readFile: (path: string) =>
    path === "manifest.json" && manifest !== undefined ? new TextEncoder().encode(manifest) : undefined,
});
const manifestOf = (name: string, reason: string) =>
  JSON.stringify({
    ...{ app_id: "com.example.walk", name, icons: [], pages: [], platform_version: { min_code: 1 } },
    ...{ version: { code: 1, name: "1.0.0" }, req_permissions: [{ name: "location.coarse", reason }] },
  });

describe("what a person who is asked reads of a program", () => {
  it("is its name, and its reason for this capability alone", () => {
    const bundle = bundleOf(manifestOf("Walk", "to find walks near you"));
    expect(programWords(bundle, "location.coarse")).toEqual({ name: "Walk", reason: "to find walks near you" });
    expect(programWords(bundle, "contacts.read")).toEqual({ name: "Walk", reason: null });
  });

  it("is short, and turns nothing around", () => {
    const { name, reason } = programWords(bundleOf(manifestOf("W\u{202e}alk", "x".repeat(600))), "location.coarse");
    expect([name, reason?.length]).toEqual(["W\\u{202e}alk", 512]);
  });

  it.each([undefined, "no JSON"])("is its id where its manifest says nothing: %s", (manifest) => {
    expect(programWords(bundleOf(manifest), "location.coarse")).toEqual({ name: "com.example.walk", reason: null });
  });
});
