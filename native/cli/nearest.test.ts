import { describe, expect, it } from "vitest";
import { nearest } from "./nearest";
import { shellWord } from "./shell-word";

describe("what was probably meant", () => {
  it.each([
    ["innit", ["init"]],
    ["jsn", ["json"]],
    ["pakc", ["pack"]],
    ["sub", ["submit"]],
    ["zz", []],
    ["", []],
    ["x", []],
  ])("by %j is %j", (given, meant) => {
    expect(nearest(given, ["init", "json", "pack", "submit", "sign"])).toEqual(meant);
  });
});

describe("a path in a line to be typed", () => {
  it.each([
    ["notes", "notes"],
    ["übung/a.ma", "übung/a.ma"],
    ["My Notes", "'My Notes'"],
    ["it's", "'it'\\''s'"],
    ["$(rm x)", "'$(rm x)'"],
    ["-x", "./-x"],
    ["a\nb", "'a\nb'"],
    ["", "''"],
  ])("is one word of a shell: %j", (path, typed) => {
    expect(shellWord(path)).toBe(typed);
  });
});
