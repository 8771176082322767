import { describe, expect, it } from "vitest";
import { diffLines, isPresence } from "./member-lines";

describe("the lines of a change", () => {
  it("show a replaced member as old beside new, and keep what stays", () => {
    expect(diffLines({ max: 600, action: "throttle" }, { max: 240, action: "throttle" })).toEqual([
      { side: "old", text: "max: 600" },
      { side: "new", text: "max: 240" },
      { side: "kept", text: 'action: "throttle"' },
    ]);
  });

  it("show each member of what is new, and of what is gone", () => {
    expect(diffLines(null, { consent: "ask" })).toEqual([{ side: "new", text: 'consent: "ask"' }]);
    expect(diffLines({ consent: "ask" }, null)).toEqual([{ side: "old", text: 'consent: "ask"' }]);
  });

  it("put a member that only the older value has first, so that nothing is overlooked", () => {
    expect(diffLines({ until: 1798761600, consent: "ask" }, { consent: "ask" })).toEqual([
      { side: "old", text: 'until: "2027-01-01"' },
      { side: "kept", text: 'consent: "ask"' },
    ]);
  });

  it("show values that are no objects", () => {
    expect(diffLines("active", "suspended")).toEqual([
      { side: "old", text: '"active"' },
      { side: "new", text: '"suspended"' },
    ]);
    expect(diffLines(null, true)).toEqual([{ side: "new", text: "true" }]);
  });

  it("are left away where the change's own name says all: of what is there or is not, and of nothing else", () => {
    expect([isPresence(null, true), isPresence(true, null)]).toEqual([true, true]);
    expect([isPresence(null, { consent: "ask" }), isPresence(true, false), isPresence(null, 1)]).toEqual([
      false,
      false,
      false,
    ]);
  });

  it("are all kept where nothing differs", () => {
    expect(diffLines({ ports: [443] }, { ports: [443] })).toEqual([{ side: "kept", text: "ports: [443]" }]);
  });
});
