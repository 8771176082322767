import { describe, expect, test } from "vitest";
import { readReturnPath, signInPath } from "./return-path";

describe("the way back after signing in", () => {
  test("is a page of this console, with its search", () => {
    for (const path of ["/policy/cs_1", "/programs?q=a%20b&sort=name", "/denials/0123?range=7d", "/"]) {
      expect(readReturnPath(path)).toBe(path);
    }
    expect(signInPath("/policy/cs_1?edit=x")).toBe("/sign-in?to=%2Fpolicy%2Fcs_1%3Fedit%3Dx");
    expect(signInPath("/")).toBe("/sign-in");
  });

  test.each([
    "https://evil.example/",
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/..//evil.example",
    "/.//evil.example",
    "/x/..//evil.example",
    "/a\\..\\b",
    "/\tevil",
    "/ evil",
    "/\n/evil.example",
    "javascript:alert(1)",
    "policy",
    "",
    `/${"a".repeat(2000)}`,
    "/bücher",
    "/sign-in",
    "/sign-in?to=/sign-in",
    "/link/abc",
    "/api/console/v1/session",
    "/x/../api/auth/signout",
  ])("is the overview where the address says %j", (text) => {
    expect(readReturnPath(text)).toBe("/");
  });

  test("is the overview where the address says nothing", () => {
    expect(readReturnPath(null)).toBe("/");
    expect(readReturnPath(undefined)).toBe("/");
  });
});
