import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { writeSchemas } from "./schemas";

const folder = new URL("schemas/", import.meta.url);

describe("JSON Schemas", () => {
  const schemas = writeSchemas();

  it("are those of the shapes that validate, no more and no fewer", () => {
    expect(readdirSync(folder).sort()).toEqual([...schemas.keys()].sort());
  });

  it.each([...schemas])("%s is current; run native/spec/generate-schemas.ts", (name, text) => {
    expect(readFileSync(new URL(name, folder), "utf8")).toBe(text);
  });

  it("of the manifest name every vendor member and refuse others inside them", () => {
    const manifest = JSON.parse(schemas.get("manifest.json") ?? "{}");
    const vendor = Object.keys(manifest.properties).filter((name) => name.startsWith("bulkhead_"));
    expect(vendor.sort()).toEqual([
      "bulkhead_engine",
      "bulkhead_external_routes",
      "bulkhead_limits",
      "bulkhead_network",
      "bulkhead_optional",
      "bulkhead_receives",
    ]);
    expect(manifest.properties.bulkhead_limits.additionalProperties).toBe(false);
  });
});
