import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseJson } from "../../core/json/parse-json";
import { findOutsideVectors } from "./outside-vectors";

const suite = findOutsideVectors("JSONTestSuite");

describe.skipIf(!suite.isPresent)("JSONTestSuite", () => {
  const folder = `${suite.folder}/test_parsing`;
  const files = suite.isPresent ? readdirSync(folder) : [];
  /** What RFC 8259 allows and spec §2 does not: fractions, exponents, minus zero, duplicate members. */
  const STRICTER =
    /^y_(number(?!_simple_int|_negative_int|_negative_one|_after_space)|object_duplicated|object_extreme_numbers|structure_lonely_negative_real)/;

  it("refuses every file that is no JSON", () => {
    const refused = files.filter((file) => file.startsWith("n_"));
    expect(refused).toHaveLength(188);
    expect(refused.filter((file) => parseJson(readFileSync(`${folder}/${file}`)).ok)).toEqual([]);
  });

  it("accepts every file that is JSON, but for what spec §2 refuses by name", () => {
    const accepted = files.filter((file) => file.startsWith("y_"));
    expect(accepted).toHaveLength(95);
    for (const file of accepted) {
      expect({ file, ok: parseJson(readFileSync(`${folder}/${file}`)).ok }).toEqual({ file, ok: !STRICTER.test(file) });
    }
  });

  it("answers what is left open one way or the other", () => {
    const open = files.filter((file) => file.startsWith("i_"));
    expect(open).toHaveLength(35);
    for (const file of open) parseJson(readFileSync(`${folder}/${file}`));
  });
});
