import { createVirtualFileSystem } from "typescript/unstable/fs";
import { API } from "typescript/unstable/sync";
import { expect, test } from "vitest";
import { mutate, placesOf } from "./draw";
import { mutationsOf } from "./mutations";
import { importersOf, testsOf } from "./reach";
import { weave } from "./weave";

const TEXT = `import { limit } from "./limit";
type Code = "none";
export function judge(items: number[], name?: string): Code | "some" {
  if (items.length > limit && !items.some((item) => item === 3)) return "none";
  save(items);
  return name?.trim().length ?? 0 ? "some" : "none";
}
declare function save(items: number[]): void;
throw new Error("A sentence is nobody's to check.");
`;

function placesOfText(text = TEXT) {
  const api = new API({
    cwd: "/",
    fs: createVirtualFileSystem({ "/tsconfig.json": '{ "compilerOptions": { "noLib": true } }', "/judge.ts": text }),
  });
  const project = api.updateSnapshot({ openProjects: ["/tsconfig.json"] }).getProject("/tsconfig.json");
  const file = project?.program.getSourceFile("/judge.ts");
  if (file === undefined) throw new Error("the compiler does not see the file");
  const places = placesOf("judge.ts", text, mutationsOf(file));
  api.close();
  return places;
}

test("operators, comparisons, constants, names, calls and early returns are mutated; types, imports and sentences are not", () => {
  expect(placesOfText().map(({ kind, line, was, text }) => `${line} ${kind}: ${was} → ${text}`)).toEqual([
    "4 early return: items.length > limit && !items.some((item) => item === 3) → false",
    "4 comparison: > → >=",
    "4 operator: && → ||",
    "4 operator: !items.some((item) => item === 3) → items.some((item) => item === 3)",
    "4 name: some → every",
    "4 comparison: === → !==",
    "4 constant: 3 → 4",
    '4 constant: "none" → ""',
    "5 call: save(items) → undefined",
    "6 operator: name?.trim().length ?? 0 → 0",
    '6 branch: name?.trim().length ?? 0 ? "some" : "none" → name?.trim().length ?? 0 ? "none" : "some"',
    "6 constant: 0 → 1",
    '6 constant: "some" → ""',
    '6 constant: "none" → ""',
  ]);
});

test("names of members are not mutated, whether an object is made or taken apart; a default is", () => {
  const text = `const { "a-b": c = "d-e" } = { "a-b": "f-g" };`;
  expect(placesOfText(text).map(({ was }) => was)).toEqual(['"d-e"', '"f-g"']);
});

test("a woven file does what it did, and with one place faulty what it would do with that mutation", () => {
  const text = 'items?.length > 1 && !items.some((item) => item === 3) ? "none" : (items?.at(0) ?? 7) + 1 * 2';
  const places = placesOfText(text);
  expect(places).toHaveLength(16);
  const [head = "", ...woven] = weave(text, places, "asked").split("; ");
  expect(head).toBe('import { isFaulty as __isFaulty } from "asked"');
  const run = (code: string, faulty: string, items: unknown) => {
    try {
      return new Function("__isFaulty", "items", `return ${code}`)((id: string) => id === faulty, items);
    } catch (error) {
      return String(error);
    }
  };
  for (const items of [undefined, [], [1], [1, 2], [3, 4], [3, 3]]) {
    expect(run(woven.join("; "), "no place", items)).toBe(run(text, "", items));
    for (const place of places) {
      expect(run(woven.join("; "), place.id, items), place.was).toBe(run(mutate(text, place), "", items));
    }
  }
});

test("a place keeps its id when lines above it change, and two alike on one line have two", () => {
  const mutation = { start: 0, end: 1, text: "2", kind: "constant" as const, whole: { start: 0, end: 1 } };
  const second = { ...mutation, start: 4, end: 5 };
  const [first, other] = placesOf("a.ts", "1 + 1", [mutation, second]);
  const [moved] = placesOf("a.ts", "\n\n1 + 1", [{ ...mutation, start: 2, end: 3 }]);
  expect(moved?.id).toBe(first?.id);
  expect(other?.id).not.toBe(first?.id);
  expect(placesOf("b.ts", "1 + 1", [mutation])[0]?.id).not.toBe(first?.id);
});

test("tests are asked nearest first, and those that only know a file's types are not asked", () => {
  const importers = importersOf(
    new Map([
      ["lib/domain/rule.ts", ""],
      ["lib/domain/rule.test.ts", 'import { rule } from "./rule";'],
      ["lib/domain/a-wide.test.ts", 'import { rule } from "./rule"; import { verb } from "../services/verb";'],
      ["lib/domain/other.test.ts", 'import { rule } from "./rule";'],
      ["lib/domain/types.test.ts", 'import type { Rule } from "./rule";'],
      ["lib/domain/kinds/deep.test.ts", 'import { rule } from "../rule";'],
      ["lib/services/verb.ts", 'import { rule } from "@/lib/domain/rule";'],
      ["lib/services/verb.test.ts", 'import { verb } from "./verb";'],
    ]),
  );
  expect(testsOf("lib/domain/rule.ts", importers)).toEqual([
    "lib/domain/rule.test.ts",
    "lib/domain/other.test.ts",
    "lib/domain/a-wide.test.ts",
    "lib/domain/kinds/deep.test.ts",
    "lib/services/verb.test.ts",
  ]);
});

test("a test that imports by an expression reaches the folder that it says, but for the tests in it", () => {
  const importers = importersOf(
    new Map([
      ["lib/services/verb.ts", ""],
      ["lib/services/people/verb.ts", ""],
      ["lib/services/verb.test.ts", ""],
      ["lib/domain/rule.ts", ""],
      // Not in one piece, or this file would say it.
      ["lib/all.test.ts", `await import(/* @vite-ignore */ /* ${"of"} lib/services */ join(HERE, file));`],
    ]),
  );
  expect([...importers]).toEqual([
    ["lib/services/verb.ts", ["lib/all.test.ts"]],
    ["lib/services/people/verb.ts", ["lib/all.test.ts"]],
  ]);
});
