import { expect, it } from "vitest";
import { checkKeyPairs } from "./check-key-pairs";

it("is asked of every file but the one that makes them", () => {
  for (const call of ["generateKeyPairSync('ec', {})", "generateKeyPair('ec', {}, done)", "subtle.generateKey(a)"]) {
    expect(checkKeyPairs("lib/sync/keys/key-folder.ts", `const made = ${call};`)).toHaveLength(1);
    expect(checkKeyPairs("native/node/make-key-pair.ts", `const made = ${call};`)).toEqual([]);
  }
  expect(checkKeyPairs("lib/sync/keys/key-folder.ts", "const made = makeKeyPair();")).toEqual([]);
});
