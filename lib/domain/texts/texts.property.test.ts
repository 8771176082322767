import fc from "fast-check";
import { expect, test } from "vitest";
import { explainShape } from "../explain-shape";
import { KINDS, kindOf, MEMBER_KINDS } from "../kinds";
import { parseEntry } from "../member-values";
import { isSameValue } from "../same-value";
import { anyMemberValues } from "../testing/member-arbitraries";
import { placeIssues } from "./place-issues";
import { sayTextIssue } from "./text-issues";

const WRITTEN = MEMBER_KINDS.filter((kind) => "read" in KINDS[kind].text);
const writtenValues = anyMemberValues.filter(({ member }) => WRITTEN.includes(member.kind));

test("what every editor knows how to write it reads back as the same value", () => {
  fc.assert(
    fc.property(writtenValues, ({ member, one }) => {
      const { text, shape } = kindOf(member.kind);
      if (!("read" in text)) throw new Error("it was chosen for its texts");
      const texts = text.write(one, member);
      expect(Object.keys(texts).sort()).toEqual([...text.fields].sort());
      const { values, issues } = text.read(texts, member);
      expect(issues).toEqual([]);
      // A key is proposed as one that counts: whoever revokes it does not write it anew.
      const expected = member.kind === "publisher-key" ? { ...(one as object), status: "active" } : one;
      expect(values.map((value) => isSameValue(shape.parse(value), expected))).toEqual([true]);
    }),
  );
});

const anyText = fc.oneof(
  fc.constantFrom(
    "",
    " ",
    "0",
    "-1",
    "1.5",
    "1,5",
    "1,000",
    "none",
    "ask",
    "yes",
    "EUR",
    "2027-02-31",
    "2027-02-17",
    "9e99",
  ),
  fc.constantFrom("128 MiB", "3 parsecs", "a.example", "a", "*", '"a', "a@b", "warn", "request", "a".repeat(300)),
  fc.string({ unit: "binary", maxLength: 12 }),
);

test("whatever is written is a value that fits or an issue with words at a field that the form has, never neither", () => {
  const cases = writtenValues.chain(({ member, one }) => {
    const { text } = kindOf(member.kind);
    if (!("read" in text)) throw new Error("it was chosen for its texts");
    const { fields } = text;
    const written = fc.record(
      Object.fromEntries(fields.map((field) => [field, fc.option(anyText, { nil: undefined })])),
    );
    return written.map((over) => {
      const kept = Object.entries(over).flatMap(([field, item]) => (item === undefined ? [] : [[field, item]]));
      return { member, fields, read: text.read({ ...text.write(one, member), ...Object.fromEntries(kept) }, member) };
    });
  });
  fc.assert(
    fc.property(cases, ({ member, fields, read: { values, issues } }) => {
      expect(values.length + issues.length).toBeGreaterThan(0);
      for (const value of values) {
        const parsed = parseEntry(member, value);
        // Which key a kid is of, its member says; here the value alone is asked.
        expect(parsed.ok ? [] : parsed.issues).toEqual([]);
      }
      for (const issue of issues) {
        expect(fields).toContain(issue.field);
        expect(sayTextIssue(issue)).toMatch(/^[^{}]*$|\{[^a-z]/s);
      }
    }),
    { numRuns: 200 },
  );
});

test("no issue of any shape is unseen: it stands at a field or on top, once, and has words", () => {
  const broken = fc.oneof(
    fc.constantFrom(null, "", -1, 1.5, "x".repeat(2000), true, [], {}),
    fc.json().map((text) => JSON.parse(text)),
  );
  const cases = anyMemberValues.chain(({ member, one }) =>
    fc
      .tuple(broken, fc.nat(), fc.string())
      .map(([wrong, nth, strange]) => ({ member, value: breakAt(one, nth, strange, wrong) })),
  );
  fc.assert(
    fc.property(cases, ({ member, value }) => {
      const parsed = parseEntry(member, value);
      if (parsed.ok) return;
      expect(parsed.issues.length).toBeGreaterThan(0);
      const { text } = kindOf(member.kind);
      const fields = "read" in text ? text.fields : [];
      const placed = placeIssues(parsed.issues, ({ path }) => path, fields);
      const seen = [...placed.top, ...[...placed.byField.values()].flat()];
      expect(seen).toHaveLength(parsed.issues.length);
      expect(new Set(seen)).toEqual(new Set(parsed.issues));
      for (const field of placed.byField.keys()) expect(fields).toContain(field);
      for (const { path } of parsed.issues) expect(explainShape(member, value, path).message).not.toBe("");
    }),
    { numRuns: 200 },
  );
});

/** The value with one of its members, or one that it does not have, or all of it, replaced. */
function breakAt(value: unknown, nth: number, strange: string, wrong: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return wrong;
  const names = [...Object.keys(value), strange];
  const name = names[nth % (names.length + 1)];
  if (name === undefined) return wrong;
  const inner = (value as Record<string, unknown>)[name];
  const isDeep = nth % 2 === 0 && typeof inner === "object" && inner !== null;
  return { ...value, [name]: isDeep ? breakAt(inner, nth >> 1, strange, wrong) : wrong };
}
