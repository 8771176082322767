import { describe, expect, it } from "vitest";
import { checkParts } from "./check-parts";
import type { Room } from "./import-rules";

const room: Room = { room: "r", is: "a room", files: ["r/"], may: ["r/"] };
const importing = (...lines: [file: string, specifier: string][]) =>
  lines.map(([file, specifier]) => ({ file, source: `import { x } from "${specifier}";` }));

describe("the parts of a room", () => {
  const order = [["base"], ["low/", "beside/"], ["*"], ["high/"]];
  // So that every part of the order is there.
  const whole = importing(
    ["r/base.ts", "zod"],
    ["r/low/a.ts", "zod"],
    ["r/beside/a.ts", "zod"],
    ["r/high/a.ts", "zod"],
  );
  const faultsOf = (file: string, specifier: string) =>
    checkParts([...whole, ...importing([file, specifier])], [{ ...room, order }]).length;

  it("import what stands before them in the room's order, and nothing else", () => {
    expect(faultsOf("r/low/b.ts", "../base")).toBe(0);
    expect(faultsOf("r/any/b.ts", "@/r/low/a")).toBe(0);
    expect(faultsOf("r/high/b.ts", "../any/a")).toBe(0);
    expect(faultsOf("r/low/b.ts", "./a")).toBe(0);
    expect(faultsOf("r/low/b.ts", "../high/a")).toBe(1);
    expect(faultsOf("r/low/b.ts", "@/r/any/a")).toBe(1);
    expect(faultsOf("r/low/b.ts", "../beside/a")).toBe(1);
    expect(faultsOf("r/any/b.ts", "../other/a")).toBe(1);
    expect(faultsOf("r/low/b.test.ts", "../high/a")).toBe(0);
  });

  it("all stand in the order, and the order names no other", () => {
    const named: Room = { ...room, order: [["base"], ["gone/"]] };
    const faults = checkParts(importing(["r/base.ts", "zod"], ["r/new/a.ts", "zod"]), [named]);
    expect(faults.map(({ specifier }) => specifier)).toEqual(["new/", "gone/"]);
  });

  it("import each other in no circle, through as many parts as it may run", () => {
    const circle = importing(["r/a/x.ts", "../b/x"], ["r/b/x.ts", "../c"], ["r/c.ts", "./a/x"], ["r/d/x.ts", "../a/x"]);
    const faults = checkParts(circle, [room]);
    expect(faults.map(({ file }) => file)).toEqual(["r/a/x.ts", "r/b/x.ts", "r/c.ts"]);
    expect(checkParts(circle.slice(1), [room])).toEqual([]);
    expect(checkParts(importing(["r/a/x.ts", "../b"], ["r/b/index.ts", "../a/x"]), [room])).toHaveLength(2);
  });
});
