import { describe, expect, it } from "vitest";
import { utf8Bytes } from "../crypto/encoding";
import { openFiles } from "./open-bundle";

const open = (changes: Record<string, unknown>, ...names: string[]) => {
  const manifest = {
    app_id: "com.example.notes",
    name: "Notes",
    icons: [{ src: "i.png" }],
    pages: [],
    platform_version: { min_code: 1 },
    version: { code: 1, name: "1" },
    ...changes,
  };
  const files = names.map((name) => [name, new Uint8Array()] as const);
  const opened = openFiles(new Map([["manifest.json", utf8Bytes(JSON.stringify(manifest))], ...files]));
  return opened.ok ? opened.bundle.engine : opened.reason.kind;
};

describe("openFiles", () => {
  it("takes the web engine where a page has markup, and the script engine otherwise", () => {
    expect(open({ pages: ["p/a"] }, "p/a.html")).toBe("web");
    expect(open({ pages: ["p/a.html"] }, "p/a.html")).toBe("web");
    expect(open({ pages: ["p/a"] }, "p/a.js", "app.js")).toBe("script");
    expect(open({}, "app.js")).toBe("script");
  });

  it("follows a declared engine, and wants what that engine starts from", () => {
    expect(open({ pages: ["p/a"], bulkhead_engine: "script" }, "p/a.html", "app.js")).toBe("script");
    expect(open({ pages: ["p/a"], bulkhead_engine: "script" }, "p/a.html")).toBe("script_missing");
    expect(open({ pages: ["p/a"], bulkhead_engine: "web" }, "p/a.js")).toBe("page_missing");
  });

  it("wants every declared page, whatever the engine", () => {
    expect(open({ pages: ["p/a", "p/b"] }, "p/a.html")).toBe("page_missing");
    expect(open({ pages: ["p/a"] }, "app.js", "p/b.js")).toBe("page_missing");
  });

  it("wants an icon of a web program that did not name its engine", () => {
    expect(open({ pages: ["p/a"], icons: [] }, "p/a.html")).toBe("manifest_invalid");
  });
});
