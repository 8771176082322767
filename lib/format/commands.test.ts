import { expect, it } from "vitest";
import { splitCommands } from "./commands";

const commandsIn = (sentence: string) =>
  splitCommands(sentence).flatMap(({ text, isCommand }) => (isCommand ? [text] : []));

it("names what is typed, to its end and no word further, and loses nothing", () => {
  const sentence = "Make a new one (npm run keys -- policy create) and let it in; docs/guides/operations.md says how.";
  expect(commandsIn(sentence)).toEqual(["npm run keys -- policy create", "docs/guides/operations.md"]);
  expect(commandsIn("Look closer: npm run store -- check --data /data/x — or wait.")).toEqual([
    "npm run store -- check --data /data/x",
  ]);
  expect(commandsIn("Set BULKHEAD_TRUSTED_PROXIES to 1.")).toEqual(["BULKHEAD_TRUSTED_PROXIES"]);
  expect(splitCommands("from `bulkhead lint`, and later").map(({ text }) => text)).toEqual([
    "from ",
    "bulkhead lint",
    ", and later",
  ]);
  expect(commandsIn("A row was written and read back.")).toEqual([]);
  expect(
    splitCommands(sentence)
      .map(({ text }) => text)
      .join(""),
  ).toBe(sentence);
});
