import { createHash, sign } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { type CraftedArchive, type CraftedEntry, craftArchive, extraBlock } from "../../craft/craft-archive";
import { mutateText } from "../mutate";
import type { Random } from "../random";
import type { FuzzTopic, Members } from "../topic";
import { keyNamed } from "./signed";

/** An archive as JSON, so that it can be shrunk: bytes are hex texts under names that end in `Hex`. */
type Recipe = { entries?: Entry[]; archive?: Members; flips?: { at: number; xor: number }[]; version?: Members };
type Entry = Members & { nameHex?: string; packedHex?: string; extraHex?: string; extras?: [number, number][] };

const MANIFEST = {
  app_id: "com.example.notes",
  name: "Notes",
  icons: [],
  pages: [],
  platform_version: { min_code: 1 },
  version: { code: 12, name: "1.12" },
  req_permissions: [{ name: "device.info", reason: "Shows it." }],
};
const SEGMENTS = [
  "a",
  "A",
  "b",
  "é",
  "e\u0301",
  "ß",
  "SS",
  "ı",
  "i",
  "İ",
  "ſ",
  "s",
  "K",
  "\u212a",
  "..",
  ".",
  "...",
  " ",
  "a.",
  "a ",
  "con",
  "CON.txt",
  "nul .x",
  "com1",
  "com0",
  "lpt¹",
  "conin$",
  "aux.tar.gz",
  "c:",
  "\\",
  "\u0000",
  "\u007f",
  "\u0085",
  "\ufeff",
  "\u{1f600}",
  "",
  "x".repeat(255),
  "x".repeat(256),
  "é".repeat(128),
];
const EXTRA_IDS = [0x5455, 0x7875, 0x000a, 0xcafe, 0x0001, 0x7075, 0x6c78, 0x0017, 0x1234];
const KINDS = [0, 0o100644, 0o040755, 0o120777, 0o010644, 0o100000, 0o020000, 0o060000, 0o140000];

/** More than are under way at once, so that none is written while it is read. */
const SLOTS = 256;
let folder: string | undefined;
let slot = 0;

/** Bundles are files to a conformance program: each in a place that later ones take again, forgotten at the end. */
function keepFile(bytes: Uint8Array): string {
  folder ??= mkdtempSync(join(tmpdir(), "bulkhead-fuzz-"));
  slot = (slot + 1) % SLOTS;
  const path = join(folder, String(slot));
  writeFileSync(path, bytes);
  return path;
}

export function forgetFiles(): void {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  folder = undefined;
}

/** Archives that are listed and signed as they should be, crafted or with bytes changed: what refuses one is what it is. */
export const archives: FuzzTopic = {
  name: "archives",
  op: "bundle",
  draw: (random) => drawArchive(random),
  line: async (recipe) => {
    const bytes = bytesOf(recipe as Recipe);
    const publisher = await keyNamed("publisher");
    const signature = sign("sha256", bytes, { key: publisher.privateKey, dsaEncoding: "der" });
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const version = { code: 12, name: "1.12", sha256, kid: "publisher", declares: ["device.info"] };
    return {
      path: keepFile(bytes),
      signaturePath: keepFile(new Uint8Array(signature)),
      program: {
        appId: "com.example.notes",
        versions: [{ ...version, ...(recipe.version as Members | undefined) }],
        publisherKeys: [{ kid: "publisher", jwk: publisher.jwk, status: "active" }],
      },
    };
  },
};

function bytesOf({ entries = [], archive = {}, flips = [] }: Recipe): Uint8Array {
  const crafted = craftArchive({ ...(withBytes(archive) as Partial<CraftedArchive>), entries: entries.map(entryOf) });
  for (const { at, xor } of flips) if (at < crafted.length) crafted[at] = (crafted[at] ?? 0) ^ xor;
  return crafted;
}

function entryOf({ extras = [], ...members }: Entry): CraftedEntry {
  const extra = new Uint8Array(Buffer.concat(extras.map(([id, length]) => extraBlock(id, new Uint8Array(length)))));
  return { name: "", ...(withBytes(members) as Partial<CraftedEntry>), ...(extras.length === 0 ? {} : { extra }) };
}

/** The members with each `…Hex` as the bytes that it says. */
function withBytes(members: Members): Members {
  return Object.fromEntries(
    Object.entries(members).map(([name, value]) =>
      name.endsWith("Hex") ? [name.slice(0, -3), new Uint8Array(Buffer.from(String(value), "hex"))] : [name, value],
    ),
  );
}

function drawArchive(random: Random): Members {
  const entries = [
    { name: "manifest.json", content: JSON.stringify(drawManifest(random)) },
    ...(random.oneIn(12) ? [] : [{ name: "app.js", content: "1" }]),
    ...random.list(0, 3, () => drawEntry(random)),
  ].map((entry) => (random.oneIn(3) ? { ...entry, ...drawLies(random) } : entry));
  const recipe: Members = { entries: random.oneIn(6) ? entries.reverse() : entries };
  if (random.oneIn(8)) recipe.archive = drawEnd(random);
  if (random.oneIn(4))
    recipe.flips = random.list(1, 2, () => ({ at: random.integer(0, 700), xor: 1 << random.integer(0, 7) }));
  if (random.oneIn(16))
    recipe.version = random.pick<Members>([{ code: 13 }, { name: "x" }, { declares: [] }, { kid: "x" }]);
  return recipe;
}

function drawManifest(random: Random): Members {
  if (!random.oneIn(4)) return MANIFEST;
  const pages = random.list(0, 2, () => random.pick(["p", "p.html", "P.HTML", "q", "q.js", "d/p"]));
  const engine = random.oneIn(2) ? {} : { bulkhead_engine: random.pick(["web", "script"]) };
  return { ...MANIFEST, ...engine, pages, icons: random.oneIn(2) ? [] : [{ src: "i.png" }] };
}

function drawEntry(random: Random): Entry {
  if (random.oneIn(3))
    return {
      name: random.pick(["p", "p.html", "p.htm", "P.HTML", "p.js", "q", "q.js", "d/p.xhtml", "p/"]),
      content: "",
    };
  const name = random.oneIn(12)
    ? "a/".repeat(random.pick([14, 15, 16, 17])) + random.pick(["", "a"])
    : random.list(1, 3, () => random.pick(SEGMENTS)).join("/") + (random.oneIn(4) ? "/" : "");
  const content = name.endsWith("/") && !random.oneIn(8) ? "" : random.pick(["", "x", "x".repeat(1000)]);
  return { name: random.oneIn(8) ? mutateText(name, random) : name, content };
}

/** One thing about an entry that is seldom so, or untrue. */
function drawLies(random: Random): Entry {
  const inBoth = (lie: Members) => ({ local: lie, central: lie });
  const header = (): Members =>
    random.pick<Members>([
      { versionNeeded: random.pick([10, 20, 21, 45, 63]) },
      { flags: random.pick([0, 1, 2, 4, 6, 8, 0x800, 0x802, 0x808, 0x840, 0x2000]) },
      { method: random.pick([0, 8, 9, 12, 99]) },
      { modified: 1 },
      { crc: random.pick([0, 1]) },
      { packedSize: random.pick([0, 1, 2, 0xffffffff]) },
      { unpackedSize: random.pick([0, 1, 2, 10_000, 0xffffffff]) },
      { name: random.pick(["app.js", "x", "manifest.json"]) },
    ]);
  switch (random.integer(0, 11)) {
    case 0:
      return { method: 0 };
    case 1:
      return { descriptor: random.pick(["signed", "bare"]), ...(random.oneIn(3) ? { method: 0 } : {}) };
    case 2:
      return { extras: random.list(0, 2, () => [random.pick(EXTRA_IDS), random.integer(0, 9)] as [number, number]) };
    case 3:
      return { extraHex: random.pick(["00", "5554", "55540500", "5554010001", "cafe0000", "fecaffff"]) };
    case 4:
      return {
        externalAttributes: ((random.pick(KINDS) << 16) | random.pick([0, 0, 0x10, 0x20])) >>> 0,
        madeBy: random.pick([20, 788, 0]),
      };
    case 5:
      return { flags: random.pick([0, 2, 4, 6, 1, 0x800]) };
    case 6:
      return { packedHex: drawDeflate(random) };
    case 7:
      return { central: random.pick<Members>([{ localOffset: random.pick([0, 1, 40]) }, { disk: 1 }, header()]) };
    case 8:
      return { local: header() };
    case 9:
      return inBoth(header());
    case 10:
      return random.pick<Entry>([
        { omit: "central" },
        { omit: "local" },
        { comment: "c" },
        { gapHex: "00" },
        { nameHex: "80" },
      ]);
    default:
      return { descriptor: random.pick(["signed", "bare"]), local: header() };
  }
}

/** Streams of the same content, `x`, written otherwise: bytes behind, blocks of nothing before, padding bits that are set. */
function drawDeflate(random: Random): string {
  const plain = Buffer.from(deflateRawSync(random.pick(["", "x", "1"])));
  const empty = Buffer.from("000000ffff", "hex");
  const blocks = random.pick([1, 2, 15, 16, 17, 18]);
  const stored = Buffer.from("010100feff78", "hex");
  return random
    .pick([
      plain,
      stored,
      Buffer.concat([...Array.from({ length: blocks }, () => empty), random.pick([plain, stored])]),
      Buffer.concat([plain, Buffer.of(0)]),
      plain.subarray(0, -1),
      Buffer.from(plain.map((byte, at) => (at === plain.length - 1 ? byte | (1 << random.integer(0, 7)) : byte))),
      Buffer.from(random.list(1, 6, () => random.integer(0, 255))),
    ])
    .toString("hex");
}

function drawEnd(random: Random): Members {
  return random.pick<Members>([
    { prefixHex: "00" },
    { beforeDirectoryHex: "504b0506" },
    { betweenDirectoryAndEndHex: "00" },
    { suffixHex: "00" },
    { comment: "c" },
    {
      end: random.pick<Members>([
        { disk: 1 },
        { entries: 1 },
        { entriesHere: 1 },
        { size: 1 },
        { start: 1 },
        { entries: 0xffff },
      ]),
    },
  ]);
}
