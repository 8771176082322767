import { createHash } from "node:crypto";
import { constants, deflateRawSync } from "node:zlib";
import { crc32 } from "../../core/bundle/crc32";
import { derFromP1363 } from "../../core/crypto/der";
import { utf8Bytes } from "../../core/crypto/encoding";
import { caseTable } from "../craft/case-table";
import { type CraftedArchive, type CraftedEntry, craftArchive, extraBlock } from "../craft/craft-archive";
import { signFixed, type TestKey, testKey } from "../craft/test-keys";
import { vectorFile } from "../craft/vector-files";
import type { VectorTopic } from "../vector-topic";
import { programClaims } from "./policy-claims";

type Members = Record<string, unknown>;
const accepted = { result: "accepted", code: "ACCEPTED" };
const refused = (code: string) => ({ result: "refused", code });
const malformed = refused("BUNDLE_MALFORMED");

const manifest = (changes: Members = {}): Members => ({
  app_id: "com.example.notes",
  name: "Notes",
  icons: [],
  pages: [],
  platform_version: { min_code: 1 },
  version: { code: 12, name: "1.12" },
  req_permissions: [{ name: "device.info", reason: "Shows it." }],
  ...changes,
});
const manifestEntry = (changes: Members = {}): CraftedEntry => ({ name: "manifest.json", content: JSON.stringify(manifest(changes)) });
const script: CraftedEntry = { name: "app.js", content: 'console.log("notes");' };
const extra = (...more: CraftedEntry[]): CraftedArchive => ({ entries: [manifestEntry(), script, ...more] });
const named = (name: string | Uint8Array, more: Partial<CraftedEntry> = {}) => extra({ name, content: "x", ...more });
const unix = (mode: number): Partial<CraftedEntry> => ({ madeBy: (3 << 8) | 20, externalAttributes: (mode << 16) >>> 0 });
const bytes = (...values: number[]) => Uint8Array.from(values);
const needs = (versionNeeded: number): Partial<CraftedEntry> => ({ local: { versionNeeded }, central: { versionNeeded } });
const everyByte = Uint8Array.from({ length: 256 }, (_, value) => value);
const twice = Uint8Array.from([...everyByte, ...everyByte]);
const letters = (count: number) => "a".repeat(count);
/** A name of so many bytes in segments of 255 at most. */
const longName = (count: number) => `${letters(200)}/`.repeat(Math.ceil(count / 201)).slice(0, count).replace(/\/$/, "a");
const packedAs = (content: string | Uint8Array, packed: Uint8Array) => extra({ name: "packed", content, packed });
/** Stored blocks, all empty but the last, which holds so many letters. */
const blocks = (count: number, size = 0) =>
  bytes(...Array.from({ length: count - 1 }, () => [0, 0, 0, 0xff, 0xff]).flat(), 1, size & 0xff, size >> 8, ~size & 0xff, (~size >> 8) & 0xff, ...utf8Bytes(letters(size)));
/** Blocks of fixed codes, each of which holds its end and nothing else. */
function codeBlocks(count: number): Uint8Array {
  return packBits(Array.from({ length: count }, (_, index) => [index === count - 1 ? 1 : 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]).flat());
}
function packBits(bits: readonly number[]): Uint8Array {
  return Uint8Array.from({ length: Math.ceil(bits.length / 8) }, (_, at) => bits.slice(at * 8, at * 8 + 8).reduce((byte, bit, index) => byte | (bit << index), 0));
}
/** One block of fixed codes: an `a`, three bytes from the distance of this code, more, the end. */
const withDistance = (code: number, more = "") => packBits([..."110100100010000001", ...code.toString(2).padStart(5, "0"), ...more, ..."0000000"].map(Number));
/** One block in which the bytes 0 to 14 have codes of as many bits and one more, and the end has fifteen. */
function longCodes(): Uint8Array {
  const code = (value: number, length: number) => [...value.toString(2).padStart(length, "0")].map(Number);
  const number = (value: number, length: number) => code(value, length).reverse();
  const ofLength = (length: number) => (length < 15 ? code(length, 4) : code(30, 5));
  const zeros = (count: number) => [...code(31, 5), ...number(count - 11, 7)];
  const order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
  const literals = Array.from({ length: 15 }, (_, byte) => byte);
  return packBits([
    ...[1, 0, 1, ...number(0, 5), ...number(0, 5), ...number(15, 4)],
    ...order.flatMap((symbol) => number([16, 17].includes(symbol) ? 0 : symbol < 15 ? 4 : 5, 3)),
    ...[...literals.flatMap((byte) => ofLength(byte + 1)), ...zeros(138), ...zeros(103), ...ofLength(15), ...ofLength(0)],
    ...[...literals.flatMap((byte) => code(2 ** (byte + 1) - 2, byte + 1)), ...code(2 ** 15 - 1, 15)],
  ]);
}
/** The same many of each byte, of which some are left out: six in a row, and forty. */
const gapped = () => Uint8Array.from(Array.from({ length: 8 }, () => [...everyByte.filter((value) => value < 30 || (value > 35 && value < 66) || (value > 105 && value < 136))]).flat());
/** A byte between an entry's data and its descriptor, which are true. */
function beforeDescriptor(): Uint8Array {
  const archive = Buffer.from(craftArchive(named("a", { descriptor: "bare" })));
  const start = archive.readUInt32LE(archive.length - 6);
  archive.writeUInt32LE(start + 1, archive.length - 6);
  return bytes(...archive.subarray(0, start - 12), 0, ...archive.subarray(start - 12));
}
/** An archive that unpacks to a hundred times its bytes, and so many more. */
function hundredfold(more: number): CraftedArchive {
  const archive = (zeros: number, pad: number) => extra({ name: "zeros", content: new Uint8Array(zeros) }, { name: "pad", content: new Uint8Array(pad), method: 0 });
  const unpacked = [manifestEntry(), script].reduce((sum, { content = "" }) => sum + content.length, 0);
  for (let zeros = 1_048_576; ; zeros += 1) {
    const missing = unpacked + zeros - 100 * craftArchive(archive(zeros, 0)).length;
    if (missing % 99 === 0) return archive(zeros + more, missing / 99);
  }
}

/** A good archive, its directory's two records the other way round. */
function reordered(): Uint8Array {
  const archive = craftArchive({ entries: [manifestEntry(), { name: "app.js", content: "1" }] });
  const start = Buffer.from(archive).readUInt32LE(archive.length - 6);
  const first = 46 + "manifest.json".length;
  const end = archive.length - 22;
  return Uint8Array.from([
    ...archive.subarray(0, start),
    ...archive.subarray(start + first, end),
    ...archive.subarray(start, start + first),
    ...archive.subarray(end),
  ]);
}

export async function topic(): Promise<VectorTopic> {
  const key = await testKey("publisher");
  const other = await testKey("publisher-2");
  const published = (digest: string, changes: Members = {}) => ({
    code: 12,
    name: "1.12",
    sha256: digest,
    size: 4096,
    kid: key.name,
    declares: ["device.info"],
    ...changes,
  });
  const publisherKeys = (status = "active") => [{ kid: key.name, jwk: key.jwk, status }];
  const digestOf = (content: Uint8Array) => createHash("sha256").update(content).digest("hex");
  const store = (name: string, content: Uint8Array, signer: TestKey = key) => ({
    path: vectorFile(`${name}.ma`, content),
    signaturePath: vectorFile(`${name}.ma.sig`, derFromP1363(signFixed(signer, content))),
  });
  /** An archive that is listed and signed as it should be: what refuses it is the archive. */
  const sealed = (name: string, archive: CraftedArchive | Uint8Array, version: Members = {}): Members => {
    const content = archive instanceof Uint8Array ? archive : craftArchive(archive);
    const program = programClaims({ versions: [published(digestOf(content), version)], publisherKeys: publisherKeys() });
    return { ...store(name, content), program };
  };
  const good = craftArchive(extra());
  const goodFiles = store("plain", good);
  const goodDigest = digestOf(good);
  const plain = (changes: Members = {}, claims: Members = {}) => ({
    ...goodFiles,
    program: programClaims({ versions: [published(goodDigest)], publisherKeys: publisherKeys(), ...claims }),
    ...changes,
  });
  const badSignature = (name: string, content: Uint8Array) => plain({ signaturePath: vectorFile(`${name}.sig`, content) });
  const end = good.length - 22;

  return {
    name: "21-bundle",
    specClause: "§2, §5",
    op: "bundle",
    state: {},
    notes: {
      bomb: "A small file must not unpack into a large one.",
      digest: "What was reviewed is what runs.",
      key: "A key that was taken away signs nothing any more.",
      kind: "A link leads out of the bundle, and a device is no file.",
      manifest: "The version that was approved is the one inside.",
      names: "A name must not lead out of the bundle, nor be another name to another file system.",
      order: "Every runtime names the same first fault; nothing is unpacked before the signature held.",
      reading: "Two readers of one archive must not find two archives.",
      unicode: "What is one name is said by one table, not by a language's own of its version.",
      signature: "One spelling of a signature, over these very bytes.",
    },
    cases: caseTable("bundle", [
      ["001", "a script program", [], plain(), accepted],
      ["002", "by its version code", ["digest"], plain({ versionCode: 12 }), accepted],
      ["003", "a web program", [], sealed("web", { entries: [manifestEntry({ pages: ["pages/index"], icons: [{ src: "i.png" }] }), { name: "pages/index.html", content: "<p>" }] }), accepted],
      ["004", "stored entries", ["reading"], sealed("stored", { entries: [{ ...manifestEntry(), method: 0 }, { ...script, method: 0 }] }), accepted],
      ["005", "data descriptors with and without their signature", ["reading"], sealed("descriptors", { entries: [{ ...manifestEntry(), descriptor: "signed" }, { ...script, descriptor: "bare" }] }), accepted],
      ["006", "names in letters of other scripts", ["names"], sealed("scripts", named("データ/ø.txt")), accepted],
      ["007", "folders of their own", ["kind"], sealed("folders", extra({ name: "data/", ...unix(0o40755) }, { name: "data/a", content: "a", ...unix(0o100644) })), accepted],
      ["008", "a time stamp in an extra field", ["reading"], sealed("timestamp", named("a", { extra: extraBlock(0x5455, bytes(1, 0, 0, 0, 0)) })), accepted],
      ["009", "sixteen segments", ["names"], sealed("segments-16", named(`${"d/".repeat(15)}f`)), accepted],
      ["010", "the same name in two folders", ["names"], sealed("two-folders", extra({ name: "a/x" }, { name: "b/x" })), accepted],
      ["011", "a dotted name that is no folder above", ["names"], sealed("dots", named("a/..b/c..d")), accepted],
      ["012", "every extra field that is allowed, more than once", ["reading"], sealed("extras", named("a", { extra: bytes(...extraBlock(0x5455, bytes(1, 0, 0, 0, 0)), ...extraBlock(0x7875, bytes(1, 1, 0, 1, 0)), ...extraBlock(0x000a, new Uint8Array(32)), ...extraBlock(0xcafe, ""), ...extraBlock(0xcafe, "")) })), accepted],
      ["013", "a segment of 255 bytes", ["names"], sealed("segment-255", named(`d/${"é".repeat(127)}x/f`)), accepted],
      ["014", "a name of 1,024 bytes", ["names"], sealed("name-1024", named(longName(1024))), accepted],
      ["015", "a folder's name of 1,024 bytes with its slash", ["names"], sealed("folder-1024", extra({ name: `${longName(1023)}/` })), accepted],
      ["016", "an earlier version needed", ["reading"], sealed("needs-10", named("a", needs(10))), accepted],
      ["017", "sizes both in the local header and in the descriptor", ["reading"], sealed("descriptor-both", named("a", { descriptor: "signed", local: { crc: crc32(bytes(0x78)), packedSize: 3, unpackedSize: 1 } })), accepted],
      ["018", "sixteen blocks of nothing", ["bomb"], sealed("blocks-16", packedAs("", blocks(16))), accepted],
      ["019", "seventeen blocks of 512 bytes", ["bomb"], sealed("blocks-17-512", packedAs(letters(512), blocks(17, 512))), accepted],
      ["020", "sixteen blocks of codes", ["bomb"], sealed("codes-16", packedAs("", codeBlocks(16))), accepted],
      ["021", "exactly 100 to 1", ["bomb"], sealed("ratio-100", hundredfold(0)), accepted],
      ["022", "fixed codes of every byte", ["reading"], sealed("codes-fixed", packedAs(twice, new Uint8Array(deflateRawSync(twice, { strategy: constants.Z_FIXED })))), accepted],
      ["023", "codes of up to fifteen bits", ["reading"], sealed("codes-long", packedAs(everyByte.slice(0, 15), longCodes())), accepted],
      ["025", "lengths of codes in long runs, of the same and of none", ["reading"], sealed("codes-runs", packedAs(gapped(), new Uint8Array(deflateRawSync(gapped(), { strategy: constants.Z_HUFFMAN_ONLY })))), accepted],
      ["026", "two codes of one bit, of which one is the end", ["reading"], sealed("codes-two", packedAs(new Uint8Array(1000).fill(0x61), new Uint8Array(deflateRawSync(new Uint8Array(1000).fill(0x61), { strategy: constants.Z_HUFFMAN_ONLY })))), accepted],
      ["024", "a distance of the first code", ["reading"], sealed("distance-first", packedAs("aaaa", withDistance(0))), accepted],
      ["030", "a dotless ı beside an i, which full folding keeps apart", ["unicode"], sealed("dotless", extra({ name: "\u0131" }, { name: "i" })), accepted],
      ["031", "a character for private use", ["unicode"], sealed("private-use", named("\ue000")), accepted],
      ["032", "a letter of the table's last version", ["unicode"], sealed("newest", named("\u{11f04}")), accepted],
      ["033", "a wide K beside a k, which NFC keeps apart", ["unicode"], sealed("wide", extra({ name: "\uff2b" }, { name: "k" })), accepted],
      ["034", "a mark that another of its class keeps from its letter, beside the letter with it", ["unicode"], sealed("blocked-mark", extra({ name: "a\u0305\u0301" }, { name: "\u00e1\u0305" })), accepted],
      ["101", "no signature", ["signature", "order"], { path: goodFiles.path, program: programClaims() }, refused("SIGNATURE_MISSING")],
      ["102", "no version listed", ["digest", "order"], plain({}, { versions: [] }), refused("VERSION_NOT_ALLOWED")],
      ["103", "a digest that no version has", ["digest"], plain({}, { versions: [published("0".repeat(64))] }), refused("VERSION_NOT_ALLOWED")],
      ["104", "a version that is listed with another digest", ["digest"], plain({ versionCode: 12 }, { versions: [published("0".repeat(64))] }), refused("DIGEST_MISMATCH")],
      ["105", "a version code that is not listed", ["digest"], plain({ versionCode: 13 }), refused("VERSION_NOT_ALLOWED")],
      ["106", "another version's bundle", ["digest"], plain({ versionCode: 11 }, { versions: [published("0".repeat(64), { code: 11 }), published(goodDigest)] }), refused("DIGEST_MISMATCH")],
      ["107", "a key that the program does not name", ["key", "order"], plain({}, { publisherKeys: [] }), refused("KEY_UNKNOWN")],
      ["108", "a key that was revoked", ["key", "order"], plain({}, { publisherKeys: publisherKeys("revoked") }), refused("KEY_REVOKED")],
      ["109", "a revoked key and a signature that is none", ["key", "order"], { ...badSignature("none-revoked", bytes(0)), program: programClaims({ versions: [published(goodDigest)], publisherKeys: publisherKeys("revoked") }) }, refused("KEY_REVOKED")],
      ["116", "two entries of the version's key, the later one revoked", ["key"], plain({}, { publisherKeys: [...publisherKeys(), ...publisherKeys("revoked")] }), refused("KEY_REVOKED")],
      ["117", "two entries of the version's key, the earlier one revoked", ["key"], plain({}, { publisherKeys: [...publisherKeys("revoked"), ...publisherKeys()] }), refused("KEY_REVOKED")],
      ["118", "two entries of the version's kid, the key under the second", ["key"], plain({}, { publisherKeys: [{ kid: key.name, jwk: other.jwk, status: "active" }, ...publisherKeys()] }), accepted],
      ["110", "a signature of another key", ["signature", "key"], { ...store("other-key", good, other), program: programClaims({ versions: [published(goodDigest)], publisherKeys: publisherKeys() }) }, refused("SIGNATURE_INVALID")],
      ["111", "a signature of other bytes", ["signature"], badSignature("other-bytes", derFromP1363(signFixed(key, bytes(1, 2, 3)))), refused("SIGNATURE_INVALID")],
      ["112", "r and s in place of DER", ["signature"], badSignature("raw", signFixed(key, good)), refused("SIGNATURE_INVALID")],
      ["113", "a byte after the signature", ["signature"], badSignature("trailing", bytes(...derFromP1363(signFixed(key, good)), 0)), refused("SIGNATURE_INVALID")],
      ["114", "an empty signature", ["signature"], badSignature("empty", bytes()), refused("SIGNATURE_INVALID")],
      ["115", "an archive that is none, wrongly signed", ["order", "signature"], { ...store("noise-other-key", bytes(9, 9, 9), other), program: programClaims({ versions: [published(digestOf(bytes(9, 9, 9)))], publisherKeys: publisherKeys() }) }, refused("SIGNATURE_INVALID")],
      ["120", "an archive that is none", ["reading"], sealed("noise", bytes(1, 2, 3)), malformed],
      ["121", "an empty file", ["reading"], sealed("nothing", bytes()), malformed],
      ["122", "an archive without entries", ["reading"], sealed("no-entries", { entries: [] }), malformed],
      ["123", "bytes before the first entry", ["reading"], sealed("prefix", { ...extra(), prefix: bytes(0x23, 0x21) }), malformed],
      ["124", "bytes before the first entry, offsets left as they were", ["reading"], sealed("prefix-plain", bytes(0x23, 0x21, ...good)), malformed],
      ["125", "bytes after the end", ["reading"], sealed("suffix", { ...extra(), suffix: bytes(0) }), malformed],
      ["126", "bytes between two entries", ["reading"], sealed("gap", extra({ name: "a", gap: bytes(0) })), malformed],
      ["127", "bytes between entries and directory", ["reading"], sealed("gap-directory", { ...extra(), beforeDirectory: bytes(0) }), malformed],
      ["128", "bytes between directory and end", ["reading"], sealed("gap-end", { ...extra(), betweenDirectoryAndEnd: bytes(0) }), malformed],
      ["129", "an archive's comment", ["reading"], sealed("comment", { ...extra(), comment: "hi" }), malformed],
      ["130", "an end record inside the comment", ["reading"], sealed("comment-end", bytes(...good.subarray(0, end + 20), 22, 0, ...good.subarray(end))), malformed],
      ["131", "an entry's comment", ["reading"], sealed("entry-comment", named("a", { comment: "hi" })), malformed],
      ["132", "an entry that the directory leaves out", ["reading"], sealed("hidden", named("a", { omit: "central" })), malformed],
      ["133", "an entry that is only in the directory", ["reading"], sealed("ghost", named("a", { omit: "local" })), malformed],
      ["134", "two entries in the directory over the same bytes", ["reading"], sealed("overlap", extra({ name: "a", content: "x", omit: "local", central: { localOffset: 0 } })), malformed],
      ["135", "another name in the local header", ["reading", "names"], sealed("local-name", named("aa", { local: { name: "ab" } })), malformed],
      ["136", "another method in the local header", ["reading"], sealed("local-method", named("a", { local: { method: 0 } })), malformed],
      ["137", "another size in the local header", ["reading"], sealed("local-size", named("a", { local: { unpackedSize: 2 } })), malformed],
      ["138", "another CRC in the local header", ["reading"], sealed("local-crc", named("a", { local: { crc: 1 } })), malformed],
      ["139", "other flags in the local header", ["reading"], sealed("local-flags", named("a", { local: { flags: 0 } })), malformed],
      ["140", "a CRC that is not true", ["reading"], sealed("crc", named("a", { local: { crc: 1 }, central: { crc: 1 } })), malformed],
      ["141", "an unpacked size that is too small", ["bomb", "reading"], sealed("size-small", named("a", { content: "aaaaaaaaaa", local: { unpackedSize: 1 }, central: { unpackedSize: 1 } })), malformed],
      ["142", "an unpacked size that is too large", ["reading"], sealed("size-large", named("a", { local: { unpackedSize: 50 }, central: { unpackedSize: 50 } })), malformed],
      ["143", "bytes after the end of what is deflated", ["reading"], sealed("deflate-tail", named("a", { packed: bytes(0x4b, 0x04, 0x00, 0x00), content: "a" })), malformed],
      ["144", "what is deflated ends early", ["reading"], sealed("deflate-short", named("a", { packed: bytes(0x4b), content: "a" })), malformed],
      ["145", "a descriptor that is not true", ["reading"], sealed("descriptor-lie", named("a", { packed: bytes(0x4b, 0x04, 0x00), content: "a", descriptor: "bare", central: { crc: 5 } })), malformed],
      ["146", "a descriptor where the flag says none", ["reading"], sealed("descriptor-flag", named("a", { descriptor: "signed", local: { flags: 2048 }, central: { flags: 2048 } })), malformed],
      ["147", "an encrypted entry", ["reading"], sealed("encrypted", named("a", { flags: 2049 })), malformed],
      ["148", "a method other than stored and deflated", ["reading"], sealed("method-12", named("a", { local: { method: 12 }, central: { method: 12 } })), malformed],
      ["149", "a second disk", ["reading"], sealed("disk", { ...extra(), end: { disk: 1 } }), malformed],
      ["150", "an entry on a second disk", ["reading"], sealed("entry-disk", named("a", { central: { disk: 1 } })), malformed],
      ["151", "fewer entries than there are", ["reading"], sealed("count-low", { ...extra(), end: { entries: 1 } }), malformed],
      ["152", "more entries than there are", ["reading"], sealed("count-high", { ...extra(), end: { entries: 3 } }), malformed],
      ["153", "a ZIP64 field", ["reading"], sealed("zip64", named("a", { extra: extraBlock(1, new Uint8Array(16)) })), malformed],
      ["154", "a ZIP64 size", ["reading"], sealed("zip64-size", named("a", { local: { packedSize: 0xffffffff }, central: { packedSize: 0xffffffff } })), malformed],
      ["155", "an extra field that gives another name", ["reading", "names"], sealed("renamed", named("a", { extra: extraBlock(0x7075, bytes(1, 0, 0, 0, 0, 0x62)) })), malformed],
      ["156", "an extra field that is longer than it is", ["reading"], sealed("extra-long", named("a", { extra: bytes(0x55, 0x54, 9, 0, 1) })), malformed],
      ["157", "an extra field that breaks off", ["reading"], sealed("extra-short", named("a", { extra: bytes(0x55) })), malformed],
      ["301", "another time in the local header", ["reading"], sealed("local-time", named("a", { local: { modified: 0x00210001 } })), malformed],
      ["302", "another version needed in the local header", ["reading"], sealed("local-needs", named("a", { local: { versionNeeded: 10 } })), malformed],
      ["303", "version 2.1 needed", ["reading"], sealed("needs-21", named("a", needs(21))), malformed],
      ["304", "version 6.3 needed", ["reading"], sealed("needs-63", named("a", needs(63))), malformed],
      ["305", "version 2.0 needed, and something in the upper byte", ["reading"], sealed("needs-high", named("a", needs(0x0314))), malformed],
      ["306", "a stored entry with its sizes in a descriptor", ["reading"], sealed("stored-descriptor", named("a", { method: 0, descriptor: "signed" })), malformed],
      ["307", "the same without the descriptor's signature, and with its sizes in front", ["reading"], sealed("stored-descriptor-bare", named("a", { method: 0, descriptor: "bare", local: { crc: crc32(bytes(0x78)), packedSize: 1, unpackedSize: 1 } })), malformed],
      ["308", "a stored folder with a descriptor", ["reading"], sealed("folder-descriptor", extra({ name: "d/", method: 0, descriptor: "bare" })), malformed],
      ["309", "sizes in front of which one is left out", ["reading"], sealed("descriptor-half", named("a", { descriptor: "signed", local: { packedSize: 3, unpackedSize: 1 } })), malformed],
      ["310", "an extra field that makes a link elsewhere", ["reading", "kind"], sealed("extra-link", named("a", { extra: extraBlock(0x6c78, "/etc/passwd") })), malformed],
      ["311", "a harmless extra field that is not on the list", ["reading"], sealed("extra-unix", named("a", { extra: extraBlock(0x7855, bytes(0, 0, 0, 0)) })), malformed],
      ["312", "such a field in the local header alone", ["reading"], sealed("extra-local", named("a", { local: { extra: extraBlock(0x5855, new Uint8Array(8)) } })), malformed],
      ["313", "such a field in the directory alone", ["reading"], sealed("extra-central", named("a", { central: { extra: extraBlock(0x5855, new Uint8Array(8)) } })), malformed],
      ["314", "one that is not on the list behind one that is", ["reading"], sealed("extra-second", named("a", { extra: bytes(...extraBlock(0xcafe, ""), ...extraBlock(0x9901, new Uint8Array(7))) })), malformed],
      ["315", "a byte between what is deflated and its descriptor", ["reading"], sealed("descriptor-gap", beforeDescriptor()), malformed],
      ["316", "a local header that does not begin as one", ["reading"], sealed("local-signature", named("a", { local: { signature: 0x04034b51 } })), malformed],
      ["317", "the length of a comment that is not there", ["reading"], sealed("comment-length", bytes(...good.subarray(0, good.length - 2), 5, 0)), malformed],
      ["318", "a size of the directory that is not true", ["reading"], sealed("directory-size", { ...extra(), end: { size: 1 } }), malformed],
      ["319", "a distance of a code that stands for none", ["reading"], sealed("distance-none", packedAs(bytes(0x61, 0, 0, 0, 0xe0), withDistance(30, "0000"))), malformed],
      ["330", "a distance to before the beginning", ["reading"], sealed("distance-before", packedAs("a\u0000a\u0000", withDistance(1))), malformed],
      ["160", "the same name twice", ["names"], sealed("twice", extra({ name: "a" }, { name: "a" })), malformed],
      ["161", "two manifests", ["names", "manifest"], sealed("two-manifests", extra(manifestEntry({ name: "Other" }))), malformed],
      ["162", "two names that differ in case", ["names"], sealed("case", extra({ name: "Data/a" }, { name: "data/A" })), malformed],
      ["163", "two names that fold to one", ["names"], sealed("folding", extra({ name: "straße" }, { name: "STRASSE" })), malformed],
      ["164", "two spellings of é", ["names"], sealed("nfc", extra({ name: "\u00e9" }, { name: "e\u0301" })), malformed],
      ["165", "a file and a folder of one name", ["names"], sealed("file-folder", extra({ name: "a" }, { name: "a/b" })), malformed],
      ["166", "a file and a folder's entry of one name", ["names"], sealed("file-folder-entry", extra({ name: "a" }, { name: "a/" })), malformed],
      ["167", "up and out", ["names"], sealed("parent", named("../a")), malformed],
      ["168", "up in the middle", ["names"], sealed("parent-middle", named("a/../../b")), malformed],
      ["169", "a dot for a segment", ["names"], sealed("dot", named("./a")), malformed],
      ["170", "an empty segment", ["names"], sealed("empty-segment", named("a//b")), malformed],
      ["171", "an absolute name", ["names"], sealed("absolute", named("/etc/passwd")), malformed],
      ["172", "a drive", ["names"], sealed("drive", named("C:/a")), malformed],
      ["173", "a backslash", ["names"], sealed("backslash", named("..\\a")), malformed],
      ["174", "a NUL", ["names"], sealed("nul", named("a\u0000.js")), malformed],
      ["175", "a line feed", ["names"], sealed("line-feed", named("a\nb")), malformed],
      ["176", "a control character of the second set", ["names"], sealed("c1", named("a\u0085")), malformed],
      ["177", "an empty name", ["names"], sealed("empty-name", named("")), malformed],
      ["178", "a slash alone", ["names"], sealed("slash", named("/")), malformed],
      ["179", "a device of Windows", ["names", "kind"], sealed("device", named("data/NUL.txt")), malformed],
      ["180", "another device, in small letters", ["names", "kind"], sealed("device-com", named("com1")), malformed],
      ["390", "a device of Windows, a space before its extension", ["names", "kind"], sealed("device-space", named("con .txt")), malformed],
      ["391", "a device of Windows, a space at the end", ["names", "kind"], sealed("device-end", named("data/nul ")), malformed],
      ["392", "a byte order mark in a name", ["names"], sealed("name-mark", named("a\ufeff.js")), malformed],
      ["393", "a folder by its name and a file by its attributes", ["kind"], sealed("folder-file", extra({ name: "a/", ...unix(0o100644) })), malformed],
      ["394", "a folder of DOS that is named like a file", ["kind"], sealed("dos-folder", extra({ name: "a", externalAttributes: 0x10 })), malformed],
      ["395", "entries in another order than the directory has them", ["reading"], sealed("order", reordered()), accepted],
      ["396", "a page's file is the first of its names, and that has no markup", ["manifest"], sealed("page-order", { entries: [manifestEntry({ pages: ["p"], icons: [{ src: "i.png" }], bulkhead_engine: "web" }), { name: "p" }, { name: "p.html" }] }), malformed],
      ["397", "markup in capitals", ["manifest"], sealed("page-capitals", { entries: [manifestEntry({ pages: ["P.HTML"], icons: [{ src: "i.png" }], bulkhead_engine: "web" }), { name: "P.HTML" }] }), accepted],
      ["181", "two dots and a space", ["names"], sealed("dots-space", named("a/.. /b")), malformed],
      ["182", "a name that is not UTF-8", ["names"], sealed("latin1", named(bytes(0x61, 0xe9))), malformed],
      ["183", "a name beyond ASCII that is not marked as UTF-8", ["names"], sealed("unmarked", named("ø", { flags: 0 })), malformed],
      ["184", "seventeen segments", ["names"], sealed("segments-17", named(`${"d/".repeat(16)}f`)), malformed],
      ["185", "a symbolic link", ["kind"], sealed("symlink", named("a", { content: "/etc/passwd", ...unix(0o120777) })), malformed],
      ["186", "a character device", ["kind"], sealed("chardev", named("a", unix(0o20666))), malformed],
      ["187", "a named pipe", ["kind"], sealed("pipe", named("a", unix(0o10666))), malformed],
      ["188", "a folder with contents", ["kind"], sealed("folder-contents", named("a/")), malformed],
      ["189", "a folder that is named like a file", ["kind"], sealed("folder-named", extra({ name: "a", ...unix(0o40755) })), malformed],
      ["190", "more than 100 to 1", ["bomb"], sealed("ratio", extra({ name: "zeros", content: new Uint8Array(1_048_576) })), malformed],
      ["191", "more than 120 MiB, by what it says", ["bomb"], sealed("declared", named("a", { local: { unpackedSize: 125_829_121 }, central: { unpackedSize: 125_829_121 } })), malformed],
      ["192", "2,001 entries, by what it says", ["bomb"], sealed("entries", { ...extra(), end: { entries: 2001 } }), malformed],
      ["321", "seventeen blocks of nothing", ["bomb"], sealed("blocks-17", packedAs("", blocks(17))), malformed],
      ["322", "seventeen blocks of 511 bytes", ["bomb"], sealed("blocks-17-511", packedAs(letters(511), blocks(17, 511))), malformed],
      ["323", "seventeen blocks of codes", ["bomb"], sealed("codes-17", packedAs("", codeBlocks(17))), malformed],
      ["324", "a byte more than 100 to 1", ["bomb"], sealed("ratio-101", hundredfold(1)), malformed],
      ["325", "a segment of 256 bytes", ["names"], sealed("segment-256", named(`d/${"é".repeat(128)}/f`)), malformed],
      ["326", "a name of 1,025 bytes", ["names"], sealed("name-1025", named(longName(1025))), malformed],
      ["327", "a folder's name of 1,025 bytes with its slash", ["names"], sealed("folder-1025", extra({ name: `${longName(1024)}/` })), malformed],
      ["328", "60 KB of combining marks", ["names", "bomb"], sealed("marks-60k", named(`a${"\u0315\u0300".repeat(15_000)}`)), malformed],
      ["230", "a ligature beside its letters", ["unicode"], sealed("ligature", extra({ name: "\ufb01" }, { name: "FI" })), malformed],
      ["231", "the Kelvin sign beside a k", ["unicode"], sealed("kelvin", extra({ name: "\u212a" }, { name: "k" })), malformed],
      ["232", "two orders of marks", ["unicode"], sealed("marks", extra({ name: "q\u0323\u0307" }, { name: "q\u0307\u0323" })), malformed],
      ["233", "a syllable of Hangul beside its letters", ["unicode"], sealed("hangul", extra({ name: "\uac01" }, { name: "\u1100\u1161\u11a8" })), malformed],
      ["234", "a folding that has to be composed", ["unicode"], sealed("fold-compose", extra({ name: "\u03b1\u0345\u0301" }, { name: "\u0386\u0399" })), malformed],
      ["235", "letters of Cherokee in both cases, which fold to the upper one", ["unicode"], sealed("cherokee", extra({ name: "\uab70" }, { name: "\u13a0" })), malformed],
      ["236", "a letter that stays decomposed, beside its parts", ["unicode"], sealed("excluded", extra({ name: "\u0958" }, { name: "\u0915\u093c" })), malformed],
      ["237", "a letter that is newer than the table", ["unicode"], sealed("newer", named("\u1c89")), malformed],
      ["240", "the code point after the last one that is assigned in its block", ["unicode"], sealed("after-assigned", named("\u0378")), malformed],
      ["238", "a code point that is no character", ["unicode"], sealed("noncharacter", named("\ufdd0")), malformed],
      ["239", "the sharp s of capitals beside two of s", ["unicode"], sealed("sharp-s", extra({ name: "\u1e9e" }, { name: "ss" })), malformed],
      ["200", "no manifest", ["manifest"], sealed("no-manifest", { entries: [script] }), malformed],
      ["201", "a manifest in a folder", ["manifest"], sealed("src-manifest", { entries: [{ ...manifestEntry(), name: "src/manifest.json" }, script] }), malformed],
      ["202", "a manifest in capitals", ["manifest", "names"], sealed("capital-manifest", { entries: [{ ...manifestEntry(), name: "Manifest.json" }, script] }), malformed],
      ["203", "a manifest that is no JSON", ["manifest"], sealed("manifest-json", { entries: [{ name: "manifest.json", content: "{" }, script] }), malformed],
      ["204", "a manifest that is not valid", ["manifest"], sealed("manifest-invalid", { entries: [manifestEntry({ bulkhead_root: 1 }), script] }), malformed],
      ["205", "a page that is not there", ["manifest"], sealed("page-missing", { entries: [manifestEntry({ pages: ["pages/a"] }), script] }), malformed],
      ["206", "a script program without its script", ["manifest"], sealed("no-script", { entries: [manifestEntry()] }), malformed],
      ["207", "pages with markup and no icons", ["manifest"], sealed("web-no-icons", { entries: [manifestEntry({ pages: ["p.html"] }), { name: "p.html" }] }), malformed],
      ["215", "as many permissions as are declared, one of them another", ["manifest"], sealed("other-permission", { entries: [manifestEntry({ req_permissions: [{ name: "device.info", reason: "r" }, { name: "camera.capture", reason: "r" }] }), script] }, { declares: ["device.info", "haptics.vibrate"] }), refused("MANIFEST_MISMATCH")],
      ["210", "another program inside", ["manifest", "order"], sealed("other-app", { entries: [manifestEntry({ app_id: "com.example.other" }), script] }), refused("MANIFEST_MISMATCH")],
      ["211", "another version code inside", ["manifest"], sealed("other-code", { entries: [manifestEntry({ version: { code: 13, name: "1.12" } }), script] }), refused("MANIFEST_MISMATCH")],
      ["212", "another version name inside", ["manifest"], sealed("other-name", { entries: [manifestEntry({ version: { code: 12, name: "1.13" } }), script] }), refused("MANIFEST_MISMATCH")],
      ["213", "a permission that was not declared", ["manifest"], sealed("more-permissions", { entries: [manifestEntry({ req_permissions: [{ name: "device.info", reason: "r" }, { name: "camera.capture", reason: "r" }] }), script] }), refused("MANIFEST_MISMATCH")],
      ["214", "a declared permission that the manifest lacks", ["manifest"], sealed("fewer-permissions", extra({ name: "b" }), { declares: ["device.info", "camera.capture"] }), refused("MANIFEST_MISMATCH")],
    ]),
  };
}
