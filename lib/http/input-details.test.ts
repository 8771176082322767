import { describe, expect, test } from "vitest";
import { z } from "zod";
import { inputDetails } from "./input-details";

const shape = z.object({
  password: z
    .string()
    .min(12)
    .regex(/^[a-z]+$/),
  role: z.enum(["admin", "operator"]),
  count: z.number(),
  list: z.array(z.string()).max(1),
});
const SECRET = "Hunter2";

function detailsOf(input: unknown) {
  const parsed = z.strictObject(shape.shape).safeParse(input);
  return parsed.success ? [] : inputDetails("body", parsed.error, input);
}

describe("what of an input is refused", () => {
  test("has what was there and what would fit, where the shape says so", () => {
    const details = detailsOf({ password: "abcdefghijklm", role: "root", count: "7", list: ["a", "b"], more: 1 });
    expect(Object.fromEntries(details.map(({ path, seen, wanted }) => [path, { seen, wanted }]))).toEqual({
      "/body/role": { seen: "root", wanted: ["admin", "operator"] },
      "/body/count": { seen: undefined, wanted: "number" },
      "/body/list": { seen: 2, wanted: 1 },
      "/body": { seen: ["more"], wanted: undefined },
    });
  });

  test("never has text that the shape does not list, nor a number in the place of text: it may be a secret", () => {
    for (const password of [SECRET, `${SECRET}${SECRET}${SECRET}`, [SECRET], { [SECRET]: SECRET }]) {
      const details = detailsOf({ password, role: "admin", count: 1, list: [] });
      expect(details).not.toEqual([]);
      expect(JSON.stringify(details)).not.toContain(SECRET);
    }
    const [detail] = detailsOf({ password: 48_151_623, role: "admin", count: 1, list: [] });
    expect([detail?.path, detail?.seen, detail?.wanted]).toEqual(["/body/password", undefined, "string"]);
    const [count] = detailsOf({ password: "abcdefghijklm", role: "admin", count: Number.NaN, list: [] });
    expect(count?.path).toBe("/body/count");
  });

  test("is named fifty times at most, whatever it is", () => {
    const input = Array.from({ length: 1000 }, () => null);
    const parsed = z.array(z.string()).safeParse(input);
    expect(parsed.success ? [] : inputDetails("body", parsed.error, input)).toHaveLength(50);
    for (const odd of [null, "", 7, [], Number.NaN]) expect(detailsOf(odd).length).toBeGreaterThan(0);
  });
});
