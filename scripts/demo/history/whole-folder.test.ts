import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { makeWhole } from "./whole-folder";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "bulkhead-whole-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const filling = (name: string) => async (unfinished: string) => {
  mkdirSync(unfinished);
  writeFileSync(join(unfinished, name), "");
  return name;
};

it("is not there before it is whole, and what another left half is no part of it", async () => {
  const folder = join(home, "console");
  const ended = makeWhole(folder, async (unfinished) => {
    await filling("half")(unfinished);
    throw new Error("ended");
  });
  await expect(ended).rejects.toThrow("ended");
  expect(existsSync(folder)).toBe(false);
  expect(await makeWhole(folder, filling("whole"))).toBe("whole");
  expect(readdirSync(home)).toEqual(["console"]);
  expect(readdirSync(folder)).toEqual(["whole"]);
});

it("leaves a folder that is there as it is", async () => {
  const folder = join(home, "console");
  await makeWhole(folder, filling("lived"));
  await expect(makeWhole(folder, filling("made"))).rejects.toThrow("is there already");
  expect(readdirSync(folder)).toEqual(["lived"]);
});
