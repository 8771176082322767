import { transform } from "esbuild";
import { describe, expect, it } from "vitest";
import { takeSourceMap, withSourceMap } from "./source-map";

const WRITTEN = `interface A { a: string }
const a: A = { a: "x" };
export function fail(): never {
  throw new Error(a.a);
}
fail();
`;

describe("a program that was written elsewhere", () => {
  it("has its errors told by the places that somebody wrote, whether its map is in it or beside it", async () => {
    const options = { loader: "ts", sourcefile: "src/main.ts", minify: true, format: "esm" } as const;
    const inline = await transform(WRITTEN, { ...options, sourcemap: "inline" });
    const beside = await transform(WRITTEN, { ...options, sourcemap: "external" });
    const joined = withSourceMap(
      Buffer.from(`${beside.code}//# sourceMappingURL=app.js.map\n`),
      "app.js",
      Buffer.from(beside.map),
    );
    for (const source of [inline.code, Buffer.from(joined).toString()]) {
      const { code, placeOf } = takeSourceMap(source);
      expect(code).not.toContain("sourceMappingURL");
      const column = code.indexOf("throw") + 1;
      expect(placeOf(1, column)).toMatch(/^src\/main\.ts:4:\d+$/);
    }
  });

  it.each([
    ["no map", "let a;"],
    ["a map in another file", "let a;\n//# sourceMappingURL=app.js.map"],
    ["a map that is no JSON", `let a;\n//# sourceMappingURL=data:application/json;base64,${btoa("no")}`],
    ["a map that is none", `let a;\n//# sourceMappingURL=data:application/json;base64,${btoa('{"mappings":5}')}`],
    ["a map of nothing", `let a;\n//# sourceMappingURL=data:application/json;base64,${btoa("null")}`],
    ["a map that is not at the end", `//# sourceMappingURL=data:application/json;base64,${btoa("{}")}\nlet a;`],
  ])("is told by the places that the engine knows: %s", (_, source) => {
    expect(takeSourceMap(source).placeOf(1, 1)).toBeUndefined();
  });

  it("keeps its source as it is where it names no map, whatever lies beside it", () => {
    const source = Buffer.from("let a;");
    expect(withSourceMap(source, "app.js", Buffer.from("{}"))).toBe(source);
    expect(withSourceMap(source, "app.js", undefined)).toBe(source);
  });
});
