import { derFromP1363 } from "../../core/crypto/der";
import { toHex, utf8Bytes } from "../../core/crypto/encoding";
import { pemFromPublicJwk } from "../../core/crypto/jwk";
import { caseTable } from "../craft/case-table";
import { signFixed, testKey } from "../craft/test-keys";
import type { VectorTopic } from "../vector-topic";

/** The order of the group of P-256. */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const hex32 = (value: bigint) => value.toString(16).padStart(64, "0");

/** A DER INTEGER of these digits, in as many bytes as they have. */
const integer = (digits: string) => `02${(digits.length / 2).toString(16).padStart(2, "0")}${digits}`;
const sequence = (body: string) => `30${(body.length / 2).toString(16).padStart(2, "0")}${body}`;

/** The block with its base64 in one line and without padding. */
const oneLine = (pem: string) =>
  pem.replace(/(?<=-\n)[\s\S]*(?=-----END)/, (body) => `${body.replaceAll(/[\n=]/g, "")}\n`);

export async function topic(): Promise<VectorTopic> {
  const key = await testKey("publisher");
  const stranger = await testKey("stranger");
  const message = utf8Bytes("bulkhead");
  const signature = signFixed(key, message);
  const raw = toHex(signature);
  const r = raw.slice(0, 64);
  const s = raw.slice(64);
  const der = toHex(derFromP1363(signature));
  const positive = (digits: string) => (Number.parseInt(digits.slice(0, 2), 16) >= 0x80 ? `00${digits}` : digits);
  const ask = (signatureHex: string, encoding = "der", more: Record<string, unknown> = {}) => ({
    signatureHex,
    encoding,
    ...more,
  });
  const yes = { valid: true };
  const no = { valid: false };
  const pem = pemFromPublicJwk(key.jwk);
  const otherPem = pemFromPublicJwk(stranger.jwk);
  const offCurve = pemFromPublicJwk({ ...key.jwk, y: key.jwk.x });
  const zero = "0".repeat(64);
  const order = hex32(ORDER);
  const high = hex32(ORDER - BigInt(`0x${s}`));
  return {
    name: "10-signature",
    specClause: "§2",
    op: "signature",
    state: { publicKeyPem: pem, messageHex: toHex(message) },
    notes: {
      ber: "A lenient DER reader gives one signature many spellings, and whatever is kept by its bytes is duplicated.",
      hostile: "Text that is no key or no signature is a refusal, never a crash.",
      key: "A signature is of one key and of no other.",
      range: "Zero and the group's order have fooled verifiers: the psychic signature.",
      size: "Two numbers of 32 bytes, and not a byte more.",
    },
    cases: caseTable("signature", [
      ["001", "DER", [], ask(der), yes],
      ["002", "r and s", [], ask(raw, "p1363"), yes],
      ["003", "the other s of the same signature", ["range"], ask(r + high, "p1363"), yes],
      ["004", "hex in capitals", [], ask(raw.toUpperCase(), "p1363"), yes],
      ["090", "a key in one line, its padding left out", [], ask(der, "der", { publicKeyPem: oneLine(pem) }), yes],
      ["091", "a key with line ends of two characters, and blanks behind it", [], ask(der, "der", { publicKeyPem: `${pem.replaceAll("\n", "\r\n")} \t` }), yes],
      ["092", "text before a key", ["hostile"], ask(der, "der", { publicKeyPem: ` ${pem}` }), no],
      ["093", "a space within a key", ["hostile"], ask(der, "der", { publicKeyPem: pem.replace("MFkw", "MF kw") }), no],
      ["094", "text behind a key", ["hostile"], ask(der, "der", { publicKeyPem: `${pem}x` }), no],
      ["101", "another message", ["key"], ask(der, "der", { messageHex: toHex(utf8Bytes("Bulkhead")) }), no],
      ["102", "another key", ["key"], ask(der, "der", { publicKeyPem: otherPem }), no],
      ["103", "DER called r and s", ["size"], ask(der, "p1363"), no],
      ["104", "r and s called DER", ["size"], ask(raw), no],
      ["105", "63 bytes", ["size"], ask(raw.slice(0, 126), "p1363"), no],
      ["106", "65 bytes", ["size"], ask(`${raw}00`, "p1363"), no],
      ["107", "no signature at all", ["size"], ask("", "p1363"), no],
      ["108", "no DER at all", ["size"], ask(""), no],
      ["109", "r and s zero", ["range"], ask(zero + zero, "p1363"), no],
      ["110", "r zero", ["range"], ask(zero + s, "p1363"), no],
      ["111", "s zero", ["range"], ask(r + zero, "p1363"), no],
      ["112", "r and s the order", ["range"], ask(order + order, "p1363"), no],
      ["113", "s the order", ["range"], ask(r + order, "p1363"), no],
      ["114", "r and s zero in DER", ["range"], ask("3006020100020100"), no],
      ["115", "s grown by the order", ["range"], ask(sequence(integer(positive(r)) + integer(`01${s}`))), no],
      ["116", "r with a zero too many", ["ber"], ask(sequence(integer(`00${positive(r)}`) + integer(positive(s)))), no],
      ["117", "a length in two bytes", ["ber"], ask(`3081${der.slice(2)}`), no],
      ["118", "a byte after the sequence", ["ber"], ask(`${der}00`), no],
      ["119", "a byte inside, after s", ["ber"], ask(sequence(`${integer(positive(r))}${integer(positive(s))}00`)), no],
      ["120", "an indefinite length", ["ber"], ask(`3080${der.slice(4)}0000`), no],
      ["121", "cut off by one byte", ["ber"], ask(der.slice(0, -2)), no],
      ["122", "r alone", ["ber"], ask(sequence(integer(positive(r)))), no],
      ["123", "three numbers", ["ber"], ask(sequence(integer(positive(r)) + integer(positive(s)) + integer("01"))), no],
      ["124", "r negative", ["ber", "range"], ask(sequence(integer(`ff${r}`) + integer(positive(s)))), no],
      ["125", "an empty number", ["ber"], ask(sequence(`0200${integer(positive(s))}`)), no],
      ["126", "a set where a sequence should be", ["ber"], ask(`31${der.slice(2)}`), no],
      ["127", "a null where r should be", ["ber"], ask(sequence(`0500${integer(positive(s))}`)), no],
      ["128", "a signature that is no hex", ["hostile"], ask("zz"), no],
      ["129", "an odd number of digits", ["hostile"], ask(der.slice(1)), no],
      ["130", "a message that is no hex", ["hostile"], ask(der, "der", { messageHex: "0g" }), no],
      ["131", "a key that is no PEM", ["hostile"], ask(der, "der", { publicKeyPem: "-----BEGIN PUBLIC KEY-----" }), no],
      ["132", "an empty key", ["hostile"], ask(der, "der", { publicKeyPem: "" }), no],
      ["133", "a key that is no point of the curve", ["hostile", "key"], ask(der, "der", { publicKeyPem: offCurve }), no],
      ["134", "two keys in one text", ["hostile", "key"], ask(der, "der", { publicKeyPem: otherPem + pem }), no],
    ]),
  };
}
