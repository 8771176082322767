import { createHash } from "node:crypto";
import { toBase64Url, utf8Bytes } from "../../core/crypto/encoding";
import { caseTable } from "../craft/case-table";
import { craftCompact, encode } from "../craft/craft-documents";
import { respell } from "../craft/craft-keys";
import { signFixed, type TestKey, testKey } from "../craft/test-keys";
import type { VectorTopic } from "../vector-topic";
import { NOW, platformClaims, programClaims } from "./policy-claims";

type Members = Record<string, unknown>;
const DAY = 86_400;
const PLATFORM = "bulkhead-platform";
const PROGRAM = "bulkhead-program";
const accepted = { result: "accepted", code: "ACCEPTED" };
const refused = (code: string) => ({ result: "refused", code });
const rule = (host: string, more: Members = {}) => ({ host, ports: [443], purposes: ["request"], ...more });
const without = (claims: Members, member: string) => Object.fromEntries(Object.entries(claims).filter(([name]) => name !== member));
const sha256 = (claims: Members) => createHash("sha256").update(JSON.stringify(claims)).digest("hex");
const flipFirst = (bytes: Uint8Array) => Uint8Array.from(bytes, (byte, index) => (index === 0 ? byte ^ 1 : byte));

function keysetClaims(keys: readonly TestKey[], changes: Members = {}): Members {
  return {
    schema: 1,
    platform: "super.test",
    epoch: 3,
    revision: 5,
    iat: NOW - DAY,
    exp: NOW + 100 * DAY,
    environment: "production",
    keys: keys.map(({ name, jwk }) => ({ kid: name, jwk })),
    rootKeys: [],
    threshold: 1,
    ...changes,
  };
}

export async function topic(): Promise<VectorTopic> {
  const key = await testKey("policy-1");
  const second = await testKey("policy-2");
  const stranger = await testKey("stranger");
  const keyset = keysetClaims([key, second]);

  const platform = (changes: Members = {}) => craftCompact(PLATFORM, { key, payload: platformClaims(changes) });
  const program = (changes: Members = {}) => craftCompact(PROGRAM, { key, payload: programClaims(changes) });
  const raw = (payload: string | Uint8Array | Members) => craftCompact(PLATFORM, { key, payload });
  const header = (given: Members | string) => craftCompact(PLATFORM, { key, payload: platformClaims(), header: given });
  const plain = { alg: "ES256", typ: PLATFORM, kid: key.name };
  const ask = (jws: string, more: Members = {}) => ({ jws, ...more });
  const askProgram = (jws: string, more: Members = {}) => ({ jws, type: PROGRAM, appId: "com.example.notes", ...more });
  const hosts = (...rules: unknown[]) => askProgram(program({ hosts: rules }));
  const stored = (epoch: number, revision: number, digest = "0".repeat(64)) => ({ stored: { epoch, revision, sha256: digest } });
  const good = platform();
  const [head = "", body = "", tail = ""] = good.split(".");
  const signed = (input: string, bytes: Uint8Array) => `${input}.${toBase64Url(bytes)}`;
  const resigned = (input: string) => signed(input, signFixed(key, utf8Bytes(input)));
  /** A program document whose publisher key is this. */
  const publisher = (changes: Members) => askProgram(program({ publisherKeys: [{ kid: "publisher", jwk: { ...stranger.jwk, ...changes }, status: "active" }] }));
  const filler = (bytes: number) => "x".repeat(bytes);

  return {
    name: "11-document",
    specClause: "§4",
    op: "document",
    state: { keyset, type: PLATFORM, platform: "super.test", now: NOW },
    notes: {
      algorithm: "Whoever may choose the algorithm may choose none.",
      base64: "A second spelling of the same bytes passes where bytes are compared, and fails where texts are.",
      claims: "A document that is not as the contract has it is not half applied.",
      conflict: "Two documents at one place: somebody signs twice, or lies.",
      epoch: "Only the roots raise the epoch; nothing else leads back from a revision that was driven to its end.",
      freeze: "An old document kept alive hides a newer one.",
      future: "A document from the future would push the clock of every device.",
      grants: "What a runtime does not understand allows nothing, and what stands beside it goes on.",
      header: "A key that comes with the message proves nothing.",
      hosts: "Ambiguous or too wide rules are refused before they decide.",
      key: "A signature counts from a key that the trusted keyset names, and while that keyset lives.",
      order: "Every runtime names the same first fault.",
      rollback: "An older document re-opens what was closed.",
      size: "A reader without a bound is filled until it falls.",
      truncated: "A connection that breaks must not leave a document behind.",
    },
    cases: caseTable("document", [
      ["001", "a platform document", [], ask(good), accepted],
      ["002", "a program document", [], askProgram(program()), accepted],
      ["003", "signed by the keyset's second key", ["key"], ask(craftCompact(PLATFORM, { key: second, payload: platformClaims() })), accepted],
      ["004", "unknown members in claims", ["claims"], ask(platform({ future: { deep: [1] } })), accepted],
      ["005", "unknown members in the header", ["header"], ask(header({ ...plain, cty: "json", x5t: "a" })), accepted],
      ["006", "newer than what is stored", [], ask(good, stored(3, 39)), accepted],
      ["007", "the very document that is stored", ["conflict"], ask(good, stored(3, 40, sha256(platformClaims()))), accepted],
      ["008", "a low revision of a newer epoch than what is stored", ["epoch"], ask(platform({ revision: 1 }), stored(2, 9_007_199_254_740_991)), accepted],
      ["009", "issued five minutes ahead", ["future"], ask(platform({ iat: NOW + 300, exp: NOW + 400 })), accepted],
      ["010", "in its last second", ["freeze"], ask(platform({ exp: NOW + 1 })), accepted],
      ["011", "a platform document of exactly 24 hours", ["claims"], ask(platform({ iat: NOW, exp: NOW + DAY })), accepted],
      ["012", "a program document of exactly 90 days", ["claims"], askProgram(program({ iat: NOW, exp: NOW + 90 * DAY })), accepted],
      ["013", "a grant with a member that nobody knows", ["grants"], askProgram(program({ grants: { "camera.capture": { consent: "none", moon: 1 } } })), accepted],
      ["014", "a constraint that nobody knows", ["grants"], askProgram(program({ grants: { "camera.capture": { consent: "ask", constraints: { perHour: 3 } } } })), accepted],
      ["015", "a consent that nobody knows", ["grants"], askProgram(program({ grants: { "camera.capture": { consent: "once" } } })), accepted],
      ["016", "a host rule with a member that nobody knows", ["grants"], hosts(rule("a.example.com", { methods: ["GET"] })), accepted],
      ["017", "a purpose that nobody knows", ["grants"], hosts(rule("a.example.com", { purposes: ["request", "teleport"] })), accepted],
      ["018", "two rules of one host with other ports", ["hosts"], hosts(rule("a.example.com"), rule("a.example.com", { ports: [8443] })), accepted],
      ["019", "two rules of one host with other purposes", ["hosts"], hosts(rule("a.example.com"), rule("a.example.com", { purposes: ["upload"] })), accepted],
      ["020", "a wildcard below a registrable name", ["hosts"], hosts(rule("*.example.com")), accepted],
      ["021", "an exact name that is a public suffix", ["hosts"], hosts(rule("github.io")), accepted],
      ["022", "no program named in the question", [], { jws: program(), type: PROGRAM }, accepted],
      ["023", "a limit that nobody knows", ["claims"], ask(platform({ limits: { moonPhases: 3 } })), accepted],
      ["024", "just below 256 KiB", ["size"], askProgram(program({ filler: filler(261_000) })), accepted],
      ["025", "a decision that is an object", ["claims"], ask(platform({ decision: { changeSet: 7 } })), accepted],
      ["026", "a grant with a member that sets a prototype", ["grants"], askProgram(program({ grants: { "camera.capture": { consent: "none", ["__proto__"]: {} } } })), accepted],
      ["027", "a constraint that its capability does not take", ["grants"], askProgram(program({ grants: { "camera.capture": { consent: "none", constraints: { precisionMetres: 1 } } } })), accepted],
      ["090", "a blocked host in capitals", ["claims"], ask(platform({ blockedHosts: ["Ads.Example"] })), accepted],
      ["091", "a host rule in capitals, which is inert", ["hosts"], hosts(rule("API.example.com"), rule("api.example.com")), accepted],

      ["040", "a publisher's key that says what it is for", ["key"], publisher({ use: "sig", alg: "ES256", key_ops: ["verify"] }), accepted],
      ["030", "a document of one second", ["claims"], ask(platform({ iat: NOW, exp: NOW + 1 })), accepted],
      ["101", "received bytes above twice the size", ["size", "order"], { jws: "x".repeat(524_289), type: PROGRAM }, refused("TOO_LARGE")],
      ["102", "a payload above the size, though what is received is not", ["size"], askProgram(program({ filler: filler(262_144) })), refused("TOO_LARGE")],
      ["103", "a payload above the size in a header that is malformed", ["size", "order"], askProgram(`e30.${"A".repeat(349_528)}.AA`), refused("TOO_LARGE")],
      ["104", "nothing", ["truncated"], ask(""), refused("MALFORMED")],
      ["105", "two parts", ["truncated"], ask(`${head}.${body}`), refused("MALFORMED")],
      ["106", "four parts", ["truncated"], ask(`${good}.${tail}`), refused("MALFORMED")],
      ["107", "cut off in the header", ["truncated"], ask(head.slice(0, 10)), refused("MALFORMED")],
      ["108", "cut off by a byte of the signature", ["truncated"], ask(good.slice(0, -2)), refused("BAD_SIGNATURE")],
      ["109", "a captive portal's page", ["truncated"], ask("<html>.sign.in</html>"), refused("MALFORMED")],
      ["110", "a line feed at the end", ["base64"], ask(`${good}\n`), refused("MALFORMED")],
      ["111", "a space in front", ["base64"], ask(` ${good}`), refused("MALFORMED")],
      ["112", "padding", ["base64"], ask(resigned(`${head}=.${body}`)), refused("MALFORMED")],
      ["113", "the alphabet of plain base64", ["base64"], ask(`${head}.${body}.${"+/".repeat(43)}`), refused("MALFORMED")],
      ["114", "unused bits that are not zero", ["base64"], ask(`${head}.${body}.${"A".repeat(85)}B`), refused("MALFORMED")],
      ["115", "a length that no bytes have", ["base64"], ask(`${head}.${body}.AAAAA`), refused("MALFORMED")],
      ["116", "no algorithm", ["algorithm"], ask(header({ ...plain, alg: "none" })), refused("MALFORMED")],
      ["117", "no algorithm and no signature", ["algorithm"], ask(`${encode({ ...plain, alg: "none" })}.${body}.`), refused("MALFORMED")],
      ["118", "an algorithm of shared secrets", ["algorithm"], ask(header({ ...plain, alg: "HS256" })), refused("MALFORMED")],
      ["119", "another curve", ["algorithm"], ask(header({ ...plain, alg: "ES384" })), refused("MALFORMED")],
      ["120", "the algorithm in small letters", ["algorithm"], ask(header({ ...plain, alg: "es256" })), refused("MALFORMED")],
      ["121", "an algorithm left out", ["algorithm"], ask(header({ typ: PLATFORM, kid: key.name })), refused("MALFORMED")],
      ["122", "two algorithms", ["algorithm"], ask(header(`{"alg":"ES256","alg":"none","typ":"${PLATFORM}","kid":"policy-1"}`)), refused("MALFORMED")],
      ["123", "a key in the header", ["header"], ask(header({ ...plain, jwk: key.jwk })), refused("MALFORMED")],
      ["124", "a key's address in the header", ["header"], ask(header({ ...plain, jku: "https://evil.test/keys" })), refused("MALFORMED")],
      ["125", "a certificate in the header", ["header"], ask(header({ ...plain, x5c: [] })), refused("MALFORMED")],
      ["126", "a certificate's address in the header", ["header"], ask(header({ ...plain, x5u: "https://evil.test/" })), refused("MALFORMED")],
      ["127", "a critical extension", ["header"], ask(header({ ...plain, crit: ["exp"] })), refused("MALFORMED")],
      ["128", "a payload that is not encoded", ["header"], ask(header({ ...plain, b64: false })), refused("MALFORMED")],
      ["129", "a kid left out", ["header"], ask(header({ alg: "ES256", typ: PLATFORM })), refused("MALFORMED")],
      ["130", "a kid that is a number", ["header"], ask(header({ ...plain, kid: 1 })), refused("MALFORMED")],
      ["131", "a type left out", ["header"], ask(header({ alg: "ES256", kid: key.name })), refused("MALFORMED")],
      ["132", "a header that is a list", ["header"], ask(header("[]")), refused("MALFORMED")],
      ["133", "a header that is no JSON", ["header"], ask(header("{")), refused("MALFORMED")],
      ["134", "a header with a byte order mark", ["header"], ask(header(`\ufeff${JSON.stringify(plain)}`)), refused("MALFORMED")],
      ["135", "a program document where a platform document is asked for", ["order"], ask(program()), refused("WRONG_TYPE")],
      ["136", "a token in place of a document", ["order"], ask(header({ ...plain, typ: "JWT" })), refused("WRONG_TYPE")],
      ["137", "the type in capitals", ["order"], ask(header({ ...plain, typ: "Bulkhead-Platform" })), refused("WRONG_TYPE")],
      ["138", "another type, of a key that nobody knows", ["order"], ask(header({ ...plain, typ: "JWT", kid: "nobody" })), refused("WRONG_TYPE")],
      ["139", "a key that nobody knows", ["key"], ask(craftCompact(PLATFORM, { key: stranger, payload: platformClaims() })), refused("UNKNOWN_KEY")],
      ["140", "a kid that is a path", ["key"], ask(header({ ...plain, kid: "../../policy-1" })), refused("UNKNOWN_KEY")],
      ["141", "a kid in capitals", ["key"], ask(header({ ...plain, kid: "POLICY-1" })), refused("UNKNOWN_KEY")],
      ["142", "a keyset that has expired", ["key"], ask(good, { keyset: keysetClaims([key], { exp: NOW }) }), refused("UNKNOWN_KEY")],
      ["143", "a keyset without keys", ["key"], ask(good, { keyset: keysetClaims([]) }), refused("UNKNOWN_KEY")],
      ["144", "another key under a known kid", ["key"], ask(craftCompact(PLATFORM, { key: stranger, payload: platformClaims(), header: plain })), refused("BAD_SIGNATURE")],
      ["145", "a signature changed by one bit", ["key"], ask(craftCompact(PLATFORM, { key, payload: platformClaims(), spoil: flipFirst })), refused("BAD_SIGNATURE")],
      ["146", "claims changed after they were signed", ["key"], ask(`${head}.${encode(platformClaims({ revision: 41 }))}.${tail}`), refused("BAD_SIGNATURE")],
      ["147", "a header changed after it was signed", ["key"], ask(`${encode({ ...plain, cty: "a" })}.${body}.${tail}`), refused("BAD_SIGNATURE")],
      ["148", "a signature in DER", ["key"], ask(signed(`${head}.${body}`, Uint8Array.from({ length: 70 }, (_, index) => index))), refused("BAD_SIGNATURE")],
      ["149", "a signature of 63 bytes", ["key"], ask(signed(`${head}.${body}`, new Uint8Array(63))), refused("BAD_SIGNATURE")],
      ["150", "a signature of 65 bytes", ["key"], ask(signed(`${head}.${body}`, new Uint8Array(65))), refused("BAD_SIGNATURE")],
      ["151", "a signature of zeros", ["key"], ask(signed(`${head}.${body}`, new Uint8Array(64))), refused("BAD_SIGNATURE")],
      ["152", "no signature", ["key"], ask(`${head}.${body}.`), refused("BAD_SIGNATURE")],
      ["153", "a bad signature over claims of another schema", ["key", "order"], ask(craftCompact(PLATFORM, { key, payload: platformClaims({ schema: 2 }), spoil: flipFirst })), refused("BAD_SIGNATURE")],
      ["154", "schema 2", ["claims"], ask(platform({ schema: 2 })), refused("UNSUPPORTED_SCHEMA")],
      ["155", "schema 0", ["claims"], ask(platform({ schema: 0 })), refused("UNSUPPORTED_SCHEMA")],
      ["156", "schema -1", ["claims"], ask(platform({ schema: -1 })), refused("UNSUPPORTED_SCHEMA")],
      ["157", "another schema and nothing else that is right", ["claims", "order"], ask(raw({ schema: 7, platform: 5 })), refused("UNSUPPORTED_SCHEMA")],
      ["158", "a schema that is a text", ["claims"], ask(platform({ schema: "1" })), refused("MALFORMED")],
      ["159", "a schema left out", ["claims"], ask(raw(without(platformClaims(), "schema"))), refused("MALFORMED")],
      ["160", "a schema with a fraction", ["claims"], ask(raw('{"schema":1.0}')), refused("MALFORMED")],
      ["161", "claims that are no JSON", ["claims"], ask(raw("claims")), refused("MALFORMED")],
      ["162", "claims that are a list", ["claims"], ask(raw("[]")), refused("MALFORMED")],
      ["163", "claims that are not UTF-8", ["claims"], ask(raw(Uint8Array.of(0x7b, 0xff, 0x7d))), refused("MALFORMED")],
      ["164", "claims with a duplicate member", ["claims"], ask(raw(`{"schema":1,${JSON.stringify(platformClaims()).slice(1)}`)), refused("MALFORMED")],
      ["165", "a revision that is a text", ["claims"], ask(platform({ revision: "40" })), refused("MALFORMED")],
      ["166", "revision 0", ["claims"], ask(platform({ revision: 0 })), refused("MALFORMED")],
      ["167", "a revision past 2^53-1", ["claims"], ask(raw(JSON.stringify(platformClaims()).replace('"revision":40', '"revision":9007199254740992'))), refused("MALFORMED")],
      ["168", "an epoch left out", ["claims"], ask(raw(without(platformClaims(), "epoch"))), refused("MALFORMED")],
      ["169", "an end before the beginning", ["claims", "order"], ask(platform({ iat: NOW, exp: NOW - 1 })), refused("MALFORMED")],
      ["170", "an end at the beginning", ["claims", "order"], ask(platform({ iat: NOW, exp: NOW })), refused("MALFORMED")],
      ["171", "a platform document of a second more than 24 hours", ["claims", "freeze"], ask(platform({ iat: NOW, exp: NOW + DAY + 1 })), refused("MALFORMED")],
      ["172", "a program document of a second more than 90 days", ["claims", "freeze"], askProgram(program({ iat: NOW, exp: NOW + 90 * DAY + 1 })), refused("MALFORMED")],
      ["173", "suspended programs left out", ["claims"], ask(raw(without(platformClaims(), "suspended"))), refused("MALFORMED")],
      ["174", "blocked hosts that are one text", ["claims"], ask(platform({ blockedHosts: "evil.test" })), refused("MALFORMED")],
      ["175", "a limit without a maximum", ["claims"], ask(platform({ limits: { memoryBytes: { action: "kill" } } })), refused("MALFORMED")],
      ["176", "a limit with an action that nobody knows", ["claims"], ask(platform({ limits: { memoryBytes: { max: 1, action: "scold" } } })), refused("MALFORMED")],
      ["177", "a status that nobody knows", ["claims"], askProgram(program({ status: "paused" })), refused("MALFORMED")],
      ["178", "grants that are a list", ["claims", "grants"], askProgram(program({ grants: [] })), refused("MALFORMED")],
      ["179", "a grant without consent", ["claims", "grants"], askProgram(program({ grants: { "camera.capture": {} } })), refused("MALFORMED")],
      ["180", "a host rule that is a text", ["claims", "hosts"], hosts("a.example.com"), refused("MALFORMED")],
      ["181", "a host rule without ports", ["claims", "hosts"], hosts({ host: "a.example.com", purposes: ["request"] }), refused("MALFORMED")],
      ["182", "two rules of one host that share a port and a purpose", ["hosts"], hosts(rule("a.example.com"), rule("a.example.com", { ports: [8443, 443] })), refused("MALFORMED")],
      ["183", "the same rule twice", ["hosts"], hosts(rule("*.example.com"), rule("*.example.com")), refused("MALFORMED")],
      ["184", "two such rules, one of them over long ago", ["hosts"], hosts(rule("a.example.com"), rule("a.example.com", { until: 1 })), refused("MALFORMED")],
      ["185", "a wildcard on a top level", ["hosts"], hosts(rule("*.com")), refused("MALFORMED")],
      ["186", "a wildcard on a public suffix", ["hosts"], hosts(rule("*.co.uk")), refused("MALFORMED")],
      ["187", "a wildcard on a private suffix", ["hosts"], hosts(rule("*.github.io")), refused("MALFORMED")],
      ["188", "a wildcard above a suffix", ["hosts"], hosts(rule("*.kawasaki.jp")), refused("MALFORMED")],
      ["189", "a wildcard on a top level that no list has", ["hosts"], hosts(rule("*.notlisted")), refused("MALFORMED")],
      ["190", "malformed claims of another platform", ["order"], ask(platform({ platform: "other.test", revision: 0 })), refused("MALFORMED")],
      ["191", "another platform", ["order"], ask(platform({ platform: "other.test" })), refused("WRONG_PLATFORM")],
      ["192", "the platform in capitals", ["order"], ask(platform({ platform: "Super.test" })), refused("WRONG_PLATFORM")],
      ["193", "another program of another platform", ["order"], askProgram(program({ platform: "other.test", appId: "com.example.other" })), refused("WRONG_PLATFORM")],
      ["194", "another program", ["order"], askProgram(program({ appId: "com.example.other" })), refused("WRONG_PROGRAM")],
      ["195", "another program, rolled back", ["order", "rollback"], askProgram(program({ appId: "com.example.other" }), stored(3, 22)), refused("WRONG_PROGRAM")],
      ["196", "an older revision", ["rollback"], ask(good, stored(3, 41)), refused("ROLLED_BACK")],
      ["197", "an older epoch than what is stored", ["rollback"], ask(good, stored(4, 1)), refused("ROLLED_BACK")],
      ["198", "an older epoch than the keyset's", ["rollback", "epoch"], ask(platform({ epoch: 2, revision: 9000 })), refused("ROLLED_BACK")],
      ["199", "rolled back and expired", ["rollback", "order"], ask(platform({ exp: NOW - 10 }), stored(3, 41)), refused("ROLLED_BACK")],
      ["200", "rolled back and from the future", ["rollback", "order"], ask(platform({ iat: NOW + 999, exp: NOW + 2000 }), stored(3, 41)), refused("ROLLED_BACK")],
      ["201", "other bytes at the stored place", ["conflict"], ask(good, stored(3, 40)), refused("CONFLICT")],
      ["202", "other bytes at the stored place, expired", ["conflict", "order"], ask(platform({ exp: NOW - 10 }), stored(3, 40)), refused("CONFLICT")],
      ["203", "the same claims in another order", ["conflict"], ask(raw(JSON.stringify(Object.fromEntries(Object.entries(platformClaims()).reverse()))), stored(3, 40, sha256(platformClaims()))), refused("CONFLICT")],
      ["204", "issued five minutes and a second ahead", ["future"], ask(platform({ iat: NOW + 301, exp: NOW + 400 })), refused("NOT_YET_VALID")],
      ["205", "a newer epoch than the keyset's", ["epoch"], ask(platform({ epoch: 4 })), refused("NOT_YET_VALID")],
      ["206", "a newer epoch than the keyset's, expired", ["epoch", "order"], ask(platform({ epoch: 4, exp: NOW - 10 })), refused("NOT_YET_VALID")],
      ["207", "at its end", ["freeze"], ask(platform({ exp: NOW })), refused("EXPIRED")],
      ["208", "long after its end", ["freeze"], ask(good, { now: NOW + 5 * DAY }), refused("EXPIRED")],
      ["209", "newer than what is stored, and expired", ["freeze"], ask(platform({ exp: NOW }), stored(3, 39)), refused("EXPIRED")],
      ["210", "a program document at its end", ["freeze"], askProgram(program({ exp: NOW })), refused("EXPIRED")],
      ["211", "a grant without consent, named like the member that sets a prototype", ["claims", "grants"], askProgram(program({ grants: { ["__proto__"]: {} } })), refused("MALFORMED")],
      ["212", "a minimum revision that is a text, of a program so named", ["claims"], ask(platform({ minRevisions: { ["__proto__"]: "1" } })), refused("MALFORMED")],
      ["240", "a publisher's key in another spelling", ["key"], publisher({ y: respell(stranger.jwk.y) }), refused("MALFORMED")],
      ["241", "a publisher's key beside the curve", ["key"], publisher({ x: stranger.jwk.y }), refused("MALFORMED")],
      ["242", "a publisher's key with a private part", ["key"], publisher({ d: stranger.jwk.y }), refused("MALFORMED")],
      ["243", "a publisher's key for encryption", ["key"], publisher({ use: "enc" }), refused("MALFORMED")],
    ]),
  };
}
