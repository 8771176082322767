import { AUDIT_HEAD_TYPE } from "../../core/audit/audit-head";
import { toBase64Url, utf8Bytes } from "../../core/crypto/encoding";
import { caseTable } from "../craft/case-table";
import { craftCompact, encode } from "../craft/craft-documents";
import { signFixed, type TestKey, testKey } from "../craft/test-keys";
import type { VectorTopic } from "../vector-topic";
import { NOW } from "./policy-claims";

type Members = Record<string, unknown>;
const DAY = 86_400;
const accepted = { result: "accepted", code: "ACCEPTED" };
const refused = (code: string) => ({ result: "refused", code });
const without = (claims: Members, member: string) => Object.fromEntries(Object.entries(claims).filter(([name]) => name !== member));
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
  const retired = await testKey("policy-retired");
  const stranger = await testKey("stranger");
  const keyset = keysetClaims([key, second]);
  const before = keysetClaims([retired, second], { epoch: 2, revision: 4, iat: NOW - 300 * DAY, exp: NOW - 100 * DAY });

  const claims = (changes: Members = {}): Members => ({
    schema: 1,
    platform: "super.test",
    epoch: 3,
    sequence: 4711,
    sha256: "5e".repeat(32),
    iat: NOW,
    ...changes,
  });
  const ask = (jws: string, more: Members = {}) => ({ jws, ...more });
  const raw = (payload: string | Uint8Array | Members) => ask(craftCompact(AUDIT_HEAD_TYPE, { key, payload }));
  const head = (changes: Members = {}, by: TestKey = key) => craftCompact(AUDIT_HEAD_TYPE, { key: by, payload: claims(changes) });
  const header = (given: Members | string) => ask(craftCompact(AUDIT_HEAD_TYPE, { key, payload: claims(), header: given }));
  const plain = { alg: "ES256", typ: AUDIT_HEAD_TYPE, kid: key.name };
  const good = head();
  const [first = "", body = "", tail = ""] = good.split(".");
  const resigned = (input: string) => ask(`${input}.${toBase64Url(signFixed(key, utf8Bytes(input)))}`);
  const signature = (bytes: Uint8Array) => ask(`${first}.${body}.${toBase64Url(bytes)}`);
  const walked = (...keysets: Members[]) => ({ keysets });
  const text = JSON.stringify(claims());

  return {
    name: "13-head",
    specClause: "§4",
    op: "head",
    state: { keyset, platform: "super.test" },
    notes: {
      algorithm: "Whoever may choose the algorithm may choose none.",
      base64: "A second spelling of the same bytes passes where bytes are compared, and fails where texts are.",
      claims: "A head is closed: it says where a log ended and nothing else, so that nothing else is read out of it.",
      clock: "Evidence that a wrong clock can void is no evidence.",
      epoch: "A head of an epoch that its key never signed for was not written by the platform.",
      header: "A key that comes with the message proves nothing.",
      key: "A signature counts from a policy key of any keyset that was walked from the roots, and from no other.",
      order: "Every runtime names the same first fault.",
      size: "A reader without a bound is filled until it falls.",
      truncated: "A line that broke off is no head.",
      type: "A document that carries the same members must not pass for a head, nor a head for a document.",
    },
    cases: caseTable("head", [
      ["001", "a head", [], ask(good), accepted],
      ["002", "signed by the keyset's second key", ["key"], ask(head({}, second)), accepted],
      ["003", "of the first entry", ["claims"], ask(head({ sequence: 1 })), accepted],
      ["004", "of the last entry that can be", ["claims"], ask(head({ sequence: 9_007_199_254_740_991 })), accepted],
      ["005", "by a key of a retired epoch, walked", ["key", "epoch"], ask(head({ epoch: 2 }, retired), walked(before)), accepted],
      ["006", "by a key of both epochs, of the older one", ["epoch"], ask(head({ epoch: 2 }, second), walked(before)), accepted],
      ["007", "by a key of both epochs, of the newer one", ["epoch"], ask(head({}, second), walked(before)), accepted],
      ["008", "by a key of a keyset that has expired", ["key", "clock"], ask(good, { keyset: keysetClaims([key], { exp: 1 }) }), accepted],
      ["009", "issued long after the present", ["clock"], ask(head({ iat: NOW + 5000 * DAY }), { now: NOW }), accepted],
      ["010", "issued in 1970", ["clock"], ask(head({ iat: 0 }), { now: NOW }), accepted],
      ["011", "issued before its keyset", ["clock"], ask(head({ iat: NOW - 2 * DAY })), accepted],
      ["012", "asked at another time", ["clock"], ask(good, { now: 0 }), accepted],
      ["013", "unknown members in the header", ["header"], header({ ...plain, cty: "json" }), accepted],
      ["014", "members in another order, with white space", ["claims"], raw(JSON.stringify(Object.fromEntries(Object.entries(claims()).reverse()), null, 2)), accepted],
      ["015", "no digest of anything", ["claims"], ask(head({ sha256: "0".repeat(64) })), accepted],
      ["016", "the same kid in two keysets, each another key", ["key"], ask(good, walked({ ...before, keys: [{ kid: key.name, jwk: retired.jwk }] })), accepted],
      ["017", "a payload of exactly the size", ["size"], raw(text.padEnd(4096)), accepted],

      ["101", "received bytes above twice the size", ["size", "order"], ask("x".repeat(8193)), refused("TOO_LARGE")],
      ["102", "a payload above the size", ["size"], raw(`${text}${" ".repeat(4096)}`), refused("TOO_LARGE")],
      ["103", "nothing", ["truncated"], ask(""), refused("MALFORMED")],
      ["104", "two parts", ["truncated"], ask(`${first}.${body}`), refused("MALFORMED")],
      ["105", "four parts", ["truncated"], ask(`${good}.${tail}`), refused("MALFORMED")],
      ["106", "a line feed at the end", ["base64"], ask(`${good}\n`), refused("MALFORMED")],
      ["107", "padding", ["base64"], resigned(`${first}=.${body}`), refused("MALFORMED")],
      ["108", "unused bits that are not zero", ["base64"], ask(`${first}.${body}.${"A".repeat(85)}B`), refused("MALFORMED")],
      ["109", "no algorithm", ["algorithm"], header({ ...plain, alg: "none" }), refused("MALFORMED")],
      ["110", "an algorithm of shared secrets", ["algorithm"], header({ ...plain, alg: "HS256" }), refused("MALFORMED")],
      ["111", "another curve", ["algorithm"], header({ ...plain, alg: "ES384" }), refused("MALFORMED")],
      ["112", "a critical extension", ["header"], header({ ...plain, crit: ["b64"] }), refused("MALFORMED")],
      ["113", "a key in the header", ["header"], header({ ...plain, jwk: key.jwk }), refused("MALFORMED")],
      ["114", "no kid", ["header"], header({ alg: "ES256", typ: AUDIT_HEAD_TYPE }), refused("MALFORMED")],
      ["115", "two types", ["header", "type"], header(`{"alg":"ES256","typ":"${AUDIT_HEAD_TYPE}","typ":"bulkhead-platform","kid":"policy-1"}`), refused("MALFORMED")],
      ["116", "the type of a platform document", ["type"], header({ ...plain, typ: "bulkhead-platform" }), refused("WRONG_TYPE")],
      ["117", "the type in capitals", ["type"], header({ ...plain, typ: "BULKHEAD-AUDIT-HEAD" }), refused("WRONG_TYPE")],
      ["118", "a type that is a language's own name", ["type"], header({ ...plain, typ: "__proto__" }), refused("WRONG_TYPE")],
      ["119", "a key of nobody", ["key"], ask(head({}, stranger)), refused("UNKNOWN_KEY")],
      ["120", "a retired key whose keyset was not walked", ["key"], ask(head({ epoch: 2 }, retired)), refused("UNKNOWN_KEY")],
      ["121", "a key that signs as root alone", ["key"], ask(head({}, stranger), { keyset: keysetClaims([key], { rootKeys: [{ kid: stranger.name, jwk: stranger.jwk }] }) }), refused("UNKNOWN_KEY")],
      ["122", "a keyset without keys", ["key"], ask(good, { keyset: keysetClaims([]) }), refused("UNKNOWN_KEY")],
      ["123", "another key under a known kid", ["key"], ask(craftCompact(AUDIT_HEAD_TYPE, { key: stranger, payload: claims(), header: plain })), refused("BAD_SIGNATURE")],
      ["124", "a signature changed by one bit", ["key"], ask(craftCompact(AUDIT_HEAD_TYPE, { key, payload: claims(), spoil: flipFirst })), refused("BAD_SIGNATURE")],
      ["125", "claims changed after they were signed", ["key"], ask(`${first}.${encode(claims({ sequence: 4700 }))}.${tail}`), refused("BAD_SIGNATURE")],
      ["126", "a signature in DER", ["key"], signature(Uint8Array.from({ length: 70 }, (_, index) => index)), refused("BAD_SIGNATURE")],
      ["127", "a signature of 63 bytes", ["key"], signature(new Uint8Array(63)), refused("BAD_SIGNATURE")],
      ["128", "a signature of zeros", ["key"], signature(new Uint8Array(64)), refused("BAD_SIGNATURE")],
      ["129", "schema 2", ["claims"], ask(head({ schema: 2 })), refused("UNSUPPORTED_SCHEMA")],
      ["130", "another schema and nothing else that is right", ["claims", "order"], raw({ schema: 7 }), refused("UNSUPPORTED_SCHEMA")],
      ["131", "a schema that is a text", ["claims"], ask(head({ schema: "1" })), refused("MALFORMED")],
      ["132", "a revision", ["claims"], ask(head({ revision: 40 })), refused("MALFORMED")],
      ["133", "an end", ["claims", "clock"], ask(head({ exp: NOW + DAY })), refused("MALFORMED")],
      ["134", "a member that nobody knows", ["claims"], ask(head({ note: "" })), refused("MALFORMED")],
      ["135", "a member named like a language's own", ["claims"], raw(`{"__proto__":{},${text.slice(1)}`), refused("MALFORMED")],
      ["136", "a sequence left out", ["claims"], raw(without(claims(), "sequence")), refused("MALFORMED")],
      ["137", "a digest left out", ["claims"], raw(without(claims(), "sha256")), refused("MALFORMED")],
      ["138", "a time left out", ["claims"], raw(without(claims(), "iat")), refused("MALFORMED")],
      ["139", "an epoch left out", ["claims"], raw(without(claims(), "epoch")), refused("MALFORMED")],
      ["140", "sequence 0", ["claims"], ask(head({ sequence: 0 })), refused("MALFORMED")],
      ["141", "a negative sequence", ["claims"], ask(head({ sequence: -1 })), refused("MALFORMED")],
      ["142", "a sequence with a fraction", ["claims"], raw(text.replace("4711", "4711.0")), refused("MALFORMED")],
      ["143", "a sequence past 2^53-1", ["claims"], raw(text.replace("4711", "9007199254740992")), refused("MALFORMED")],
      ["144", "a sequence that is a text", ["claims"], ask(head({ sequence: "4711" })), refused("MALFORMED")],
      ["145", "a digest in capitals", ["claims"], ask(head({ sha256: "5E".repeat(32) })), refused("MALFORMED")],
      ["146", "a digest of 63 digits", ["claims"], ask(head({ sha256: "5".repeat(63) })), refused("MALFORMED")],
      ["147", "a negative time", ["claims", "clock"], ask(head({ iat: -1 })), refused("MALFORMED")],
      ["148", "a duplicate member", ["claims"], raw(`{"sequence":4711,${text.slice(1)}`), refused("MALFORMED")],
      ["149", "claims that are a list", ["claims"], raw("[]"), refused("MALFORMED")],
      ["150", "claims that are not UTF-8", ["claims"], raw(Uint8Array.of(0x7b, 0xff, 0x7d)), refused("MALFORMED")],
      ["151", "malformed claims of another platform", ["order"], ask(head({ platform: "other.test", sequence: 0 })), refused("MALFORMED")],
      ["152", "another platform", ["order"], ask(head({ platform: "other.test" })), refused("WRONG_PLATFORM")],
      ["153", "another platform, of another epoch", ["order"], ask(head({ platform: "other.test", epoch: 9 })), refused("WRONG_PLATFORM")],
      ["154", "an epoch below its key's", ["epoch"], ask(head({ epoch: 2 })), refused("ROLLED_BACK")],
      ["155", "an epoch above its key's", ["epoch"], ask(head({ epoch: 4 })), refused("NOT_YET_VALID")],
      ["156", "a retired key in the new epoch", ["epoch", "key"], ask(head({ epoch: 3 }, retired), walked(before)), refused("NOT_YET_VALID")],
      ["157", "a new key in the retired epoch", ["epoch", "key"], ask(head({ epoch: 2 }), walked(before)), refused("ROLLED_BACK")],
    ]),
  };
}
