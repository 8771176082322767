import { parseArgs } from "node:util";
import { describe, expect, it } from "vitest";
import { bindKeyIds } from "./key-id-arguments";

const DASHED = `-${"a".repeat(42)}`;
const options = { "remove-root": { type: "string", multiple: true }, "raise-epoch": { type: "boolean" } } as const;
const parse = (args: string[]) =>
  parseArgs({ args: bindKeyIds(args, (name) => name === "remove-root"), options, allowPositionals: true });

describe("ids of keys on a command line", () => {
  it("that begin with a dash are taken behind their option, bound to it, and alone", () => {
    expect(parse(["keyset", "next", "--remove-root", DASHED]).values["remove-root"]).toEqual([DASHED]);
    expect(parse([`--remove-root=${DASHED}`]).values["remove-root"]).toEqual([DASHED]);
    expect(parse(["public", DASHED]).positionals).toEqual(["public", DASHED]);
  });

  it("are not swallowed by an option without a value", () => {
    const { values, positionals } = parse(["public", "--raise-epoch", DASHED]);
    expect(values["raise-epoch"]).toBe(true);
    expect(positionals).toEqual(["public", DASHED]);
  });
});
