import { unzipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { utf8Bytes } from "../crypto/encoding";
import { packBundle } from "./pack-bundle";

const manifest = {
  app_id: "com.example.notes",
  name: "Notes",
  icons: [],
  pages: [],
  platform_version: { min_code: 1 },
  version: { code: 1, name: "1" },
};
const files = new Map([
  ["manifest.json", utf8Bytes(JSON.stringify(manifest))],
  ["app.js", utf8Bytes("// ".repeat(500))],
  ["data/ø.bin", Uint8Array.of(9, 8, 7)],
]);

describe("packBundle", () => {
  it("gives the same bytes for the same files in any order", () => {
    const packed = packBundle(files);
    const again = packBundle(new Map([...files].reverse()));
    expect(packed.ok && again.ok && Buffer.from(packed.bytes).equals(Buffer.from(again.bytes))).toBe(true);
  });

  it("is read by another reader of ZIP as by ours", () => {
    const packed = packBundle(files);
    if (!packed.ok) throw new Error("not packed");
    expect(unzipSync(packed.bytes)).toEqual(Object.fromEntries(files));
    expect(new Map(packed.bundle.entries)).toEqual(new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1))));
  });

  it.each([
    ["../app.js", "archive"],
    ["MANIFEST.json", "archive"],
    ["nul", "archive"],
  ])("refuses to pack %s, which no device would open", (name, kind) => {
    const packed = packBundle(new Map([...files, [name, Uint8Array.of(1)]]));
    expect(!packed.ok && packed.reason.kind).toBe(kind);
  });

  it("refuses a folder without a valid manifest", () => {
    const packed = packBundle(new Map([...files, ["manifest.json", utf8Bytes("{}")]]));
    expect(!packed.ok && packed.reason.kind).toBe("manifest_invalid");
  });
});
