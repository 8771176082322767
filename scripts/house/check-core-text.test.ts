import { expect, it } from "vitest";
import { checkCoreText } from "./check-core-text";

it("finds what a language would answer by its own Unicode, in the core and nowhere else", () => {
  const asked = [
    'name.normalize("NFC")',
    "name.toLowerCase()",
    "name.toLocaleUpperCase()",
    "a.localeCompare(b)",
    "name.trim()",
    "/\\p{Cc}/u.test(name)",
    "/a\\s/.test(name)",
    "new Intl.Collator()",
  ];
  for (const text of asked) {
    expect(checkCoreText("native/core/bundle/entry-name.ts", text)).toHaveLength(1);
    expect(checkCoreText("native/core/bundle/entry-name.test.ts", text)).toEqual([]);
    expect(checkCoreText("native/host/main.ts", text)).toEqual([]);
  }
  expect(checkCoreText("native/core/decide/read-url.ts", "lowerAscii(name); /[\\s\\S]*/.test(name)")).toEqual([]);
});
