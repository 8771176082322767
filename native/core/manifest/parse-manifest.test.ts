import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MANIFEST_ISSUE_CODES } from "../codes";
import { parseManifest } from "./parse-manifest";

const base = {
  app_id: "com.example.notes",
  name: "Notes",
  icons: [],
  pages: [],
  platform_version: { min_code: 1 },
  version: { code: 1, name: "1" },
};
const MEMBERS = [
  ...Object.keys(base),
  ...["req_permissions", "window", "widgets", "dir", "bulkhead_network", "bulkhead_limits", "bulkhead_optional"],
  ...["bulkhead_engine", "bulkhead_external_routes", "bulkhead_receives", "bulkhead_other", "theme_color", "__proto__"],
];

describe("parseManifest", () => {
  it("keeps what its author wrote, unknown W3C-style members included", () => {
    const text = JSON.stringify({ ...base, theme_color: "#fff" });
    expect(parseManifest(text)).toEqual({ valid: true, manifest: JSON.parse(text) });
  });

  it("reads the same from bytes as from text, and refuses bytes that are no UTF-8", () => {
    const text = JSON.stringify({ ...base, name: "Nötes" });
    expect(parseManifest(new TextEncoder().encode(text))).toEqual(parseManifest(text));
    expect(parseManifest(Uint8Array.of(0xff))).toEqual({ valid: false, issues: [{ path: "", code: "NOT_JSON" }] });
  });

  it("tells one issue a path, sorted, fifty at most, none below a TYPE, whatever it is given", () => {
    const value = fc.jsonValue({ maxDepth: 4 });
    const hostile = fc.dictionary(fc.constantFrom(...MEMBERS), value).map((changes) => ({ ...base, ...changes }));
    fc.assert(
      fc.property(hostile, (manifest) => {
        const parsed = parseManifest(JSON.stringify(manifest));
        if (parsed.valid) return;
        const paths = parsed.issues.map(({ path }) => path);
        expect(paths.length).toBeGreaterThan(0);
        expect(paths.length).toBeLessThanOrEqual(50);
        expect(new Set(paths).size).toBe(paths.length);
        expect(paths).toEqual([...paths].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
        for (const { path, code } of parsed.issues) {
          expect(MANIFEST_ISSUE_CODES).toContain(code);
          if (code === "TYPE") expect(paths.filter((other) => other.startsWith(`${path}/`))).toEqual([]);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("answers a list of a hundred thousand items without losing its breath", () => {
    const ports = Array.from({ length: 100_000 }, (_, index) => index);
    const wish = { host: "a.example.com", purposes: ["request"], reason: "r", ports };
    const parsed = parseManifest(JSON.stringify({ ...base, bulkhead_network: [wish] }));
    expect(!parsed.valid && parsed.issues[0]).toEqual({ path: "/bulkhead_network/0/ports", code: "TOO_MANY" });
  });
});
