import { caseTable } from "../craft/case-table";
import { craftCompact, craftGeneral, craftSignature, encode } from "../craft/craft-documents";
import { pointBeyondField, resize, respell } from "../craft/craft-keys";
import { type TestKey, testKey } from "../craft/test-keys";
import type { VectorTopic } from "../vector-topic";
import { NOW } from "./policy-claims";

type Members = Record<string, unknown>;
const DAY = 86_400;
const accepted = { result: "accepted", code: "ACCEPTED" };
const refused = (code: string) => ({ result: "refused", code });
const named = (keys: readonly TestKey[]) => keys.map(({ name, jwk }) => ({ kid: name, jwk }));
const flip = (bytes: Uint8Array) => Uint8Array.from(bytes, (byte, index) => (index === 9 ? byte ^ 1 : byte));

export async function topic(): Promise<VectorTopic> {
  const [a, b, c, d, stranger, policy] = await Promise.all(
    (["root-a", "root-b", "root-c", "root-d", "stranger", "policy-1"] as const).map(testKey),
  ) as [TestKey, TestKey, TestKey, TestKey, TestKey, TestKey];
  /** The same key under another name. */
  const aAgain: TestKey = { ...a, name: "root-a-again" };

  const claims = (changes: Members = {}): Members => ({
    schema: 1,
    platform: "super.test",
    epoch: 3,
    revision: 8,
    iat: NOW - DAY,
    exp: NOW + 100 * DAY,
    environment: "production",
    keys: named([policy]),
    rootKeys: named([a, b, c]),
    threshold: 2,
    ...changes,
  });
  const trusted = claims({ revision: 7, iat: NOW - 50 * DAY });
  const by = (...keys: TestKey[]) => keys.map((key) => ({ key }));
  const ask = (jws: string, more: Members = {}) => ({ jws, ...more });
  const next = (changes: Members = {}, ...keys: TestKey[]) => ask(craftGeneral(claims(changes), by(...(keys.length > 0 ? keys : [a, b]))));
  const roots = (keys: readonly TestKey[], threshold: number) => ({ trusted: { rootThumbprints: keys.map(({ thumbprint }) => thumbprint), threshold } });
  const payload = encode(claims());
  const entry = (key: TestKey) => craftSignature(payload, { key });
  const whole = (signatures: unknown[], more: Members = {}) => ask(JSON.stringify({ payload, signatures, ...more }));
  /** The next keyset with this in place of its policy key, or of its third root. */
  const policyKey = (changes: Members) => next({ keys: [{ kid: "policy-1", jwk: { ...policy.jwk, ...changes } }] });
  const rootKey = (...jwks: Members[]) => [...named([a, b]), ...jwks.map((jwk, index) => ({ kid: `root-${index}`, jwk }))];
  const aRespelt = { ...a.jwk, x: respell(a.jwk.x) };
  const strangers = (count: number) => Array.from({ length: count }, (_, index) => ({ ...stranger, name: `unknown-${index}` }));

  return {
    name: "12-keyset",
    specClause: "§4",
    op: "keyset",
    state: { trusted, platform: "super.test", now: NOW },
    notes: {
      first: "The first keyset is trusted by thumbprints that came out of band, and by nothing else.",
      form: "One form on the wire, or two readers find two sets of signatures.",
      key: "A key exists once it is decoded and checked; two texts of one point would be two keys to whoever counts texts.",
      harmless: "Whoever can add a signature must not be able to spoil the others.",
      order: "Every runtime names the same first fault.",
      rollback: "An old keyset brings back the keys that were taken away.",
      size: "A reader without a bound is filled until it falls.",
      step: "A step that is left out could hide a key that was taken away in it.",
      threshold: "The threshold counts keys, not names and not signatures.",
      time: "An expired keyset leads on, and does nothing else.",
      turnover: "New roots are named by the old ones and show themselves that they are there.",
    },
    cases: caseTable("keyset", [
      ["001", "two of three roots", [], next(), accepted],
      ["002", "all three roots", [], next({}, a, b, c), accepted],
      ["003", "a signature of a key that nobody knows beside them", ["harmless"], next({}, a, stranger, b), accepted],
      ["004", "a wrong signature of a third root beside them", ["harmless"], ask(craftGeneral(claims(), [...by(a, b), { key: c, spoil: flip }])), accepted],
      ["005", "a signature of 63 bytes beside them", ["harmless"], ask(craftGeneral(claims(), [...by(a, b), { key: c, spoil: (bytes) => bytes.subarray(1) }])), accepted],
      ["006", "a root that signed twice beside another", ["harmless"], next({}, a, a, b), accepted],
      ["007", "a root leaves and another comes", ["turnover"], next({ rootKeys: named([a, b, d]) }), accepted],
      ["008", "all roots change: the old two and the new two sign", ["turnover"], next({ rootKeys: named([c, d]) }, a, b, c, d), accepted],
      ["009", "a higher threshold, met by old and new", ["turnover"], next({ threshold: 3 }, a, b, c), accepted],
      ["010", "a lower threshold, met by the old one", ["turnover"], next({ threshold: 1 }), accepted],
      ["011", "a higher epoch at the next revision", ["step"], next({ epoch: 9 }), accepted],
      ["012", "an expired keyset leads to its successor", ["time"], { ...next(), trusted: { ...trusted, exp: NOW - DAY } }, accepted],
      ["013", "the first keyset, by thumbprints", ["first"], { ...next({ revision: 1 }), ...roots([a, b], 2) }, accepted],
      ["014", "a later keyset as the first one", ["first"], { ...next({ revision: 4000 }), ...roots([a, b, c], 2) }, accepted],
      ["015", "the first keyset, with more roots than were named", ["first"], { ...next({ rootKeys: named([a, b, c, d]) }), ...roots([a, b], 2) }, accepted],
      ["016", "32 signatures", ["size"], next({}, ...strangers(30), a, b), accepted],
      ["017", "unknown members in claims and around them", ["form"], ask(craftGeneral(claims({ later: 1 }), by(a, b), { later: 1 })), accepted],
      ["018", "exactly 200 days", ["time"], next({ iat: NOW, exp: NOW + 200 * DAY }), accepted],
      ["019", "a trusted keyset that says no more than the question needs", ["step"], { ...next(), trusted: { revision: trusted.revision, environment: trusted.environment, rootKeys: trusted.rootKeys, threshold: trusted.threshold } }, accepted],
      ["020", "keys that say what they are for, and more besides", ["key"], policyKey({ use: "sig", alg: "ES256", key_ops: ["verify"], ext: true, kid: "other" }), accepted],
      ["021", "one key as policy key and as root", ["key"], next({ keys: named([a]) }), accepted],
      ["022", "one name for a policy key and for a root", ["key"], next({ keys: [{ kid: "root-a", jwk: policy.jwk }] }), accepted],
      ["023", "one root key under two names, and the threshold met by two others", ["key"], next({ rootKeys: named([a, aAgain, b]) }), accepted],
      ["101", "received bytes above 128 KiB", ["size", "order"], ask(" ".repeat(131_073)), refused("TOO_LARGE")],
      ["102", "a payload above 64 KiB", ["size"], ask(JSON.stringify({ payload: "A".repeat(87_384), signatures: [] })), refused("TOO_LARGE")],
      ["103", "a compact JWS", ["form"], ask(craftCompact("bulkhead-keyset", { key: a, payload: claims() })), refused("MALFORMED")],
      ["104", "the flattened serialization", ["form"], ask(JSON.stringify({ payload, ...entry(a) })), refused("MALFORMED")],
      ["105", "both serializations at once", ["form"], whole([entry(a), entry(b)], entry(c)), refused("MALFORMED")],
      ["106", "an unprotected header", ["form"], whole([{ ...entry(a), header: { kid: "root-a" } }, entry(b)]), refused("MALFORMED")],
      ["107", "33 signatures", ["size"], next({}, ...strangers(31), a, b), refused("MALFORMED")],
      ["108", "no JSON", ["form"], ask("keyset"), refused("MALFORMED")],
      ["109", "two payloads", ["form"], ask(`{"payload":"e30","payload":"${payload}","signatures":[]}`), refused("MALFORMED")],
      ["110", "a payload with padding", ["form"], ask(JSON.stringify({ payload: `${payload}=`, signatures: [entry(a), entry(b)] })), refused("MALFORMED")],
      ["111", "signatures that are an object", ["form"], ask(JSON.stringify({ payload, signatures: entry(a) })), refused("MALFORMED")],
      ["112", "no algorithm", ["form"], ask(craftGeneral(claims(), [{ key: a, header: { alg: "none", typ: "bulkhead-keyset", kid: "root-a" } }])), refused("MALFORMED")],
      ["113", "a key in a header", ["form"], ask(craftGeneral(claims(), [{ key: a, header: { alg: "ES256", typ: "bulkhead-keyset", kid: "root-a", jwk: a.jwk } }])), refused("MALFORMED")],
      ["114", "a platform document's type", ["order"], ask(craftGeneral(claims(), [{ key: a, header: { alg: "ES256", typ: "bulkhead-platform", kid: "root-a" } }])), refused("WRONG_TYPE")],
      ["115", "nobody known has signed", ["threshold"], next({}, stranger), refused("UNKNOWN_KEY")],
      ["116", "policy keys have signed", ["threshold"], next({}, policy), refused("UNKNOWN_KEY")],
      ["117", "new roots alone have signed", ["turnover", "threshold"], next({ rootKeys: named([d, stranger]) }, d, stranger), refused("UNKNOWN_KEY")],
      ["118", "one root where two are needed", ["threshold"], next({}, a), refused("BAD_SIGNATURE")],
      ["119", "one root twice", ["threshold"], next({}, a, a), refused("BAD_SIGNATURE")],
      ["120", "one key under two names", ["threshold"], { ...next({}, a, aAgain), trusted: { ...trusted, rootKeys: named([a, aAgain, b]) } }, refused("BAD_SIGNATURE")],
      ["121", "one root, and another wrongly", ["threshold"], ask(craftGeneral(claims(), [{ key: a }, { key: b, spoil: flip }])), refused("BAD_SIGNATURE")],
      ["122", "one root, and another under its name", ["threshold"], ask(craftGeneral(claims(), [{ key: a }, { key: { ...stranger, name: "root-b" } }])), refused("BAD_SIGNATURE")],
      ["123", "enough of the old roots, too few of the new", ["turnover", "threshold"], next({ rootKeys: named([c, d]), threshold: 2 }, a, b, c), refused("BAD_SIGNATURE")],
      ["124", "a higher threshold that is not met", ["turnover", "threshold"], next({ threshold: 3 }), refused("BAD_SIGNATURE")],
      ["125", "the new keyset names one key twice to meet its threshold", ["turnover", "threshold"], next({ rootKeys: named([a, aAgain]) }, a, aAgain, b), refused("BAD_SIGNATURE")],
      ["126", "its own threshold unmet, and another platform", ["order", "threshold"], next({ threshold: 3, platform: "other.test" }), refused("BAD_SIGNATURE")],
      ["127", "schema 2", ["order"], next({ schema: 2 }), refused("UNSUPPORTED_SCHEMA")],
      ["128", "threshold 0", ["threshold"], next({ threshold: 0 }), refused("MALFORMED")],
      ["129", "another environment", ["step"], next({ environment: "development" }), refused("MALFORMED")],
      ["130", "an environment that nobody knows", ["step"], next({ environment: "staging" }), refused("MALFORMED")],
      ["131", "a malformed claim and an own threshold unmet", ["order"], next({ threshold: 3, keys: "none" }), refused("MALFORMED")],
      ["132", "a second more than 200 days", ["time"], next({ iat: NOW, exp: NOW + 200 * DAY + 1 }), refused("MALFORMED")],
      ["133", "another platform", ["order"], next({ platform: "other.test" }), refused("WRONG_PLATFORM")],
      ["134", "the trusted revision", ["rollback"], next({ revision: 7 }), refused("ROLLED_BACK")],
      ["135", "a lower revision", ["rollback"], next({ revision: 6 }), refused("ROLLED_BACK")],
      ["136", "a lower revision of a higher epoch", ["rollback"], next({ revision: 6, epoch: 9 }), refused("ROLLED_BACK")],
      ["137", "the next revision of a lower epoch", ["rollback"], next({ epoch: 2 }), refused("ROLLED_BACK")],
      ["138", "a step left out", ["step"], next({ revision: 9 }), refused("NOT_YET_VALID")],
      ["139", "a step left out, with a higher epoch", ["step"], next({ revision: 9, epoch: 4 }), refused("NOT_YET_VALID")],
      ["140", "issued in the future", ["time"], next({ iat: NOW + 301, exp: NOW + 400 }), refused("NOT_YET_VALID")],
      ["141", "a step left out, and expired", ["order", "step"], next({ revision: 9, exp: NOW }), refused("NOT_YET_VALID")],
      ["142", "an expired step", ["time"], next({ exp: NOW }), refused("EXPIRED")],
      ["143", "the first keyset, expired", ["first", "time"], { ...next({ exp: NOW }), ...roots([a, b], 2) }, refused("EXPIRED")],
      ["144", "the first keyset, of roots that were not named", ["first"], { ...next({ rootKeys: named([stranger, d]) }, stranger, d), ...roots([a, b], 2) }, refused("UNKNOWN_KEY")],
      ["145", "the first keyset, signed by one of two that were named", ["first", "threshold"], { ...next({ threshold: 1 }, a), ...roots([a, b], 2) }, refused("BAD_SIGNATURE")],
      ["146", "the first keyset, with one named root under two names", ["first", "threshold"], { ...next({ rootKeys: named([a, aAgain]), threshold: 1 }, a, aAgain), ...roots([a, b], 2) }, refused("BAD_SIGNATURE")],
      ["147", "the first keyset, of another platform", ["first"], { ...next({ platform: "other.test" }), ...roots([a, b], 2) }, refused("WRONG_PLATFORM")],
      ["148", "the first keyset, below its own threshold", ["first", "threshold"], { ...next({ threshold: 2 }, a), ...roots([a], 1) }, refused("BAD_SIGNATURE")],
      ["149", "the first keyset, with claims that are no JSON", ["first"], { ...ask(craftGeneral("{", by(a, b))), ...roots([a, b], 2) }, refused("UNKNOWN_KEY")],
      ["150", "no signature", ["threshold"], whole([]), refused("UNKNOWN_KEY")],
      ["151", "one root key in two spellings, to meet a threshold of two", ["key", "threshold"], next({ rootKeys: [...named([a]), { kid: "root-a-again", jwk: aRespelt }] }, a, aAgain, b), refused("MALFORMED")],
      ["152", "a coordinate in another spelling", ["key"], policyKey({ x: respell(policy.jwk.x) }), refused("MALFORMED")],
      ["153", "the other coordinate in another spelling", ["key"], policyKey({ y: respell(policy.jwk.y) }), refused("MALFORMED")],
      ["154", "a root in another spelling that nobody needs", ["key"], next({ rootKeys: rootKey({ ...c.jwk, y: respell(c.jwk.y) }) }), refused("MALFORMED")],
      ["155", "a coordinate with padding", ["key"], policyKey({ x: `${policy.jwk.x}=` }), refused("MALFORMED")],
      ["156", "a coordinate of 31 bytes", ["key"], policyKey({ x: resize(policy.jwk.x, -1) }), refused("MALFORMED")],
      ["157", "a coordinate with a zero before it", ["key"], policyKey({ y: resize(policy.jwk.y, 1) }), refused("MALFORMED")],
      ["158", "a point beside the curve", ["key"], policyKey({ y: policy.jwk.x }), refused("MALFORMED")],
      ["159", "a point whose coordinate is not below the prime", ["key"], policyKey(pointBeyondField()), refused("MALFORMED")],
      ["160", "a point of zeros", ["key"], policyKey({ x: "A".repeat(43), y: "A".repeat(43) }), refused("MALFORMED")],
      ["161", "a private part", ["key"], policyKey({ d: policy.jwk.x }), refused("MALFORMED")],
      ["162", "a private part that is null", ["key"], policyKey({ d: null }), refused("MALFORMED")],
      ["163", "a key for encryption", ["key"], policyKey({ use: "enc" }), refused("MALFORMED")],
      ["164", "a key for another algorithm", ["key"], policyKey({ alg: "ES384" }), refused("MALFORMED")],
      ["165", "a key for signing", ["key"], policyKey({ key_ops: ["sign"] }), refused("MALFORMED")],
      ["166", "a key for signing as well", ["key"], policyKey({ key_ops: ["verify", "sign"] }), refused("MALFORMED")],
      ["167", "a key for nothing", ["key"], policyKey({ key_ops: [] }), refused("MALFORMED")],
      ["168", "another curve", ["key"], policyKey({ crv: "P-384" }), refused("MALFORMED")],
      ["169", "another kind of key", ["key"], policyKey({ kty: "OKP" }), refused("MALFORMED")],
      ["170", "a key without its second coordinate", ["key"], next({ keys: [{ kid: "policy-1", jwk: { kty: "EC", crv: "P-256", x: policy.jwk.x } }] }), refused("MALFORMED")],
      ["171", "one name for two policy keys", ["key"], next({ keys: [...named([policy]), { kid: "policy-1", jwk: d.jwk }] }), refused("MALFORMED")],
      ["172", "one name for two roots", ["key"], next({ rootKeys: [...named([a, b]), { kid: "root-b", jwk: d.jwk }] }), refused("MALFORMED")],
      ["173", "one policy key twice", ["key"], next({ keys: named([policy, policy]) }), refused("MALFORMED")],
      ["174", "the first keyset, with the named root in another spelling", ["first", "key"], { ...next({ rootKeys: [{ kid: "root-a", jwk: aRespelt }], threshold: 1 }, a), ...roots([a], 1) }, refused("UNKNOWN_KEY")],
      ["175", "the first keyset, by a key that is written apart and is none", ["first", "key"], { ...next({ rootKeys: [...named([a]), { kid: "root-b", jwk: { ...b.jwk, d: b.jwk.x } }], threshold: 1 }, a), ...roots([a], 1) }, refused("MALFORMED")],
      ["176", "an empty name", ["key"], next({ keys: [{ kid: "", jwk: policy.jwk }] }), refused("MALFORMED")],
    ]),
  };
}
