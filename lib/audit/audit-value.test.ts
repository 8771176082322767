import { describe, expect, it } from "vitest";
import { auditValue } from "./audit-value";

/** A value so many lists deep. */
const nested = (depth: number): unknown => (depth === 0 ? "core" : [nested(depth - 1)]);
const text = (value: unknown) => JSON.stringify(value);

describe("a value of the log", () => {
  it("is plain JSON: instants as text, bytes as their number, and nothing that is no value", () => {
    const value = {
      at: new Date(0),
      file: new Uint8Array(3),
      big: 1n,
      none: undefined,
      not: Number.NaN,
      call: () => 1,
    };
    expect(auditValue(value)).toEqual({
      ...{ at: "1970-01-01T00:00:00.000Z", file: { bytes: 3 }, big: "1", not: null, call: null },
    });
  });

  it("holds no secret, whatever its place", () => {
    const key = { kty: "EC", crv: "P-256", x: "x", y: "y", d: "private" };
    expect(text(auditValue([{ deep: { apiToken: "abc", key } }]))).not.toMatch(/abc|private/);
    expect(auditValue({ d: "a name of its own" })).toEqual({ d: "a name of its own" });
  });

  it("is kept to its thirty-second level, and ends there", () => {
    expect(auditValue(nested(32))).toEqual(nested(32));
    expect(text(auditValue(nested(33)))).toBe(`${"[".repeat(32)}null${"]".repeat(32)}`);
    expect(auditValue({ a: { b: nested(30) } })).toEqual({ a: { b: nested(30) } });
  });

  it("has nothing that neither of the store's engines can hold", () => {
    expect(auditValue("a\0b\ud800c")).toBe("a\ufffdb\ufffdc");
    expect(auditValue({ "n\0": 1 })).toEqual({ "n\ufffd": 1 });
  });
});
