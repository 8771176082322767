import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseEnv } from "@/lib/platform/env";
import { findRoots, keepRoots, ROOTS_FILE, rootsText } from "./root-thumbprints";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "bulkhead-roots-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

const [a, b] = ["A".repeat(43), `-${"b".repeat(41)}A`];
/** The bytes of the first in another text. */
const aRespelt = `${"A".repeat(42)}B`;
const roots = { rootThumbprints: [a, b], threshold: 2 };

describe("the root keys that a platform began with", () => {
  it("are written once, for their owner alone, and never again, whatever is said later", async () => {
    expect(await findRoots(dir, {})).toBeNull();
    const path = join(dir, ROOTS_FILE);
    expect(await keepRoots(dir, roots)).toEqual({ ...roots, from: path });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await keepRoots(dir, { rootThumbprints: [b], threshold: 1 })).toEqual({ ...roots, from: path });
    expect(await findRoots(dir, {})).toEqual({ ...roots, from: path });
  });

  it("come from the environment before the file, in the words of an enrolment file", async () => {
    await keepRoots(dir, { rootThumbprints: [b], threshold: 1 });
    const parsed = parseEnv({ BULKHEAD_ROOT_THUMBPRINTS: rootsText(roots) });
    if (!parsed.ok) throw new Error(parsed.problems.join());
    expect(await findRoots(dir, parsed.env)).toEqual({ ...roots, from: "BULKHEAD_ROOT_THUMBPRINTS" });
    for (const text of ["", "x", a, `0:${a}`, `1:${a},`, `1:${a} ${b}`, `1:${aRespelt}`, `2:${a},${aRespelt}`]) {
      expect(parseEnv({ BULKHEAD_ROOT_THUMBPRINTS: text }).ok, text).toBe(text === "");
    }
  });

  it.each([
    "",
    "{",
    "[]",
    JSON.stringify({ rootThumbprints: [], threshold: 1 }),
    JSON.stringify({ rootThumbprints: [a, a], threshold: 2 }),
    JSON.stringify({ rootThumbprints: ["short"], threshold: 1 }),
    JSON.stringify({ rootThumbprints: [a, aRespelt], threshold: 2 }),
  ])("are refused from a damaged file, which is named: %s", async (text) => {
    writeFileSync(join(dir, ROOTS_FILE), text);
    await expect(findRoots(dir, {})).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("BULKHEAD_ROOT_THUMBPRINTS"),
    });
  });
});
