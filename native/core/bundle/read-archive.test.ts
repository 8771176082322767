import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CraftedEntry, craftArchive, extraBlock } from "../../vectors/craft/craft-archive";
import { ARCHIVE_LIMITS, readArchive } from "./read-archive";

const plain: CraftedEntry[] = [
  { name: "manifest.json", content: "{}" },
  { name: "data/a.txt", content: "hello hello hello hello", method: 8 },
  { name: "b.bin", content: Uint8Array.of(1, 2, 3), method: 0 },
];
const needs = (versionNeeded: number) => ({ versionNeeded });
const faultOf = (...args: Parameters<typeof craftArchive>) => {
  const read = readArchive(craftArchive(...args));
  return read.ok ? "read" : read.fault;
};

describe("readArchive", () => {
  it("reads every file by its name", () => {
    const read = readArchive(craftArchive({ entries: [{ name: "data/" }, ...plain] }));
    expect(read.ok && [...read.files.keys()]).toEqual(["manifest.json", "data/a.txt", "b.bin"]);
    expect(read.ok && new TextDecoder().decode(read.files.get("data/a.txt"))).toBe("hello hello hello hello");
  });

  it("reads a directory that lists entries in another order than they lie", () => {
    const [first, second] = [craftArchive({ entries: plain }), craftArchive({ entries: [...plain].reverse() })];
    const names = (bytes: Uint8Array) => {
      const read = readArchive(bytes);
      return read.ok ? [...read.files.keys()].sort() : [];
    };
    expect(names(second)).toEqual(names(first));
  });

  it("refuses 2,001 entries and reads 2,000", () => {
    const entries = (count: number) =>
      Array.from({ length: count }, (_, index) => ({ name: `f${index}`, content: "x" }));
    expect(faultOf({ entries: entries(2001) })).toBe("too_many_entries");
    expect(faultOf({ entries: entries(2000) })).toBe("read");
  });

  it("refuses a file above 30 MiB before it looks inside", () => {
    const large = new Uint8Array(ARCHIVE_LIMITS.packedBytes + 1);
    large.set(craftArchive({ entries: plain }));
    expect(readArchive(large)).toEqual({ ok: false, fault: "too_large" });
  });

  it("refuses more than 100 to 1 of the whole and reads just that", () => {
    const zeros = (bytes: number): CraftedEntry[] => [{ name: "z", content: new Uint8Array(bytes) }];
    expect(faultOf({ entries: zeros(1_000_000) })).toBe("too_large");
    const packed = craftArchive({ entries: [...zeros(40_000), { name: "noise", content: noise(400), method: 0 }] });
    expect(readArchive(packed).ok).toBe(true);
  });

  it("refuses what unpacks to more than its header says, whatever the ratio says", () => {
    const lies = { unpackedSize: 10 };
    expect(faultOf({ entries: [{ name: "z", content: new Uint8Array(5000), local: lies, central: lies }] })).toBe(
      "bad_data",
    );
  });

  it.each([
    ["a name in the local header that differs", { name: "a", local: { name: "b" } }, "records_disagree"],
    [
      "a Unicode path field in the directory alone",
      { name: "a", central: { extra: extraBlock(0x7075, "x") } },
      "bad_record",
    ],
    [
      "a Unicode path field in the local header alone",
      { name: "a", local: { extra: extraBlock(0x7075, "x") } },
      "bad_record",
    ],
    ["a symbolic link", { name: "a", externalAttributes: 0xa1ff0000 }, "unsupported"],
    ["an entry that hides behind another", { name: "a", omit: "central" }, "bad_layout"],
    ["a name of a device", { name: "aux.js" }, "bad_name"],
    ["a stored entry whose size follows it", { name: "a", method: 0, descriptor: "signed" }, "unsupported"],
    ["a link of another system", { name: "a", extra: extraBlock(0x6c78, "/etc") }, "bad_record"],
    ["what needs a newer reader", { name: "a", local: needs(21), central: needs(21) }, "unsupported"],
  ] as [string, CraftedEntry, string][])("refuses %s", (_, entry, fault) => {
    expect(faultOf({ entries: [...plain, entry] })).toBe(fault);
  });

  it("tells letters that only upper case confuses apart", () => {
    expect(faultOf({ entries: [{ name: "ı" }, { name: "i" }] })).toBe("read");
    expect(faultOf({ entries: [{ name: "ſ" }, { name: "S" }] })).toBe("duplicate_name");
    expect(faultOf({ entries: [{ name: "ẞ" }, { name: "ss" }] })).toBe("duplicate_name");
    expect(faultOf({ entries: [{ name: "\u212a" }, { name: "k" }] })).toBe("duplicate_name");
  });

  it("takes time in proportion to a name, which is looked at no further where it is too long", () => {
    const marks = (length: number) => `a${"\u0315\u0300".repeat(length / 4)}`;
    const entries = (length: number) =>
      Array.from({ length: 100 }, (_, index) => ({ name: `${index}${marks(length)}` }));
    expect(faultOf({ entries: entries(60_000) })).toBe("bad_name");
    expect(faultOf({ entries: entries(248) })).toBe("read");
  });

  it("never throws, and reads from a damaged archive what was packed or nothing", () => {
    const good = craftArchive({ entries: plain });
    const truth = filesOf(good);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.option(fc.nat(good.length), { nil: undefined }),
        (changes, cut) => {
          const damaged = good.slice(0, cut);
          for (const [at, value] of changes) damaged[at] = value;
          const read = filesOf(damaged);
          // A name is covered by no CRC: it may change in both headers at once, contents may not.
          if (read !== undefined) expect([...read.values()].sort()).toEqual([...(truth?.values() ?? [])].sort());
        },
      ),
      { numRuns: 5000 },
    );
  });
});

function filesOf(bytes: Uint8Array): Map<string, string> | undefined {
  const read = readArchive(bytes);
  return read.ok
    ? new Map([...read.files].map(([name, data]) => [name, Buffer.from(data).toString("hex")]))
    : undefined;
}

/** Bytes that do not deflate, the same each time. */
function noise(length: number): Uint8Array {
  let state = 7;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state >>> 24;
  });
}
