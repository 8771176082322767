import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from "node:crypto";
import { makeKeyPair } from "../../node/make-key-pair";
import {
  bitString,
  boolean,
  element,
  explicit,
  implicit,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  set,
  time,
  utf8String,
} from "./der-writer";

/**
 * Certificates for development hosts (spec §5): a throw-away authority that a runtime trusts for named local hosts and
 * for nothing else. Production never sees it: only a development keyset allows development hosts.
 */

const ECDSA_WITH_SHA256 = sequence(objectIdentifier("1.2.840.10045.4.3.2"));
const DAY_MS = 86_400_000;

export type DevelopmentCertificate = {
  certificatePem: string;
  /** The leaf and then its issuer, as a TLS server sends them. */
  chainPem: string;
  privateKeyPem: string;
  /** SHA-256 of the SubjectPublicKeyInfo, 64 hex digits: what a pin names. */
  spkiSha256: string;
};

export type IssueOptions = {
  /** DNS names; an empty list is refused. */
  names: readonly string[];
  notBeforeMs?: number;
  notAfterMs?: number;
};

export type DevelopmentAuthority = {
  certificatePem: string;
  /** Kept by whoever runs the local hosts, so that a second start is trusted as the first was. */
  privateKeyPem: string;
  spkiSha256: string;
  /** Issues a server certificate with a key of its own, good from an hour ago for 90 days unless told otherwise. */
  issue(options: IssueOptions): DevelopmentCertificate;
};

export type AuthorityOptions = {
  commonName: string;
  nowMs: number;
  /** Random octets; serial numbers are made of them. */
  randomBytes(size: number): Uint8Array;
  /** The key and certificate of an earlier start. */
  existing?: { certificatePem: string; privateKeyPem: string };
};

/** Makes an authority, or takes up an earlier one. */
export function createDevelopmentAuthority(options: AuthorityOptions): DevelopmentAuthority {
  const { nowMs, randomBytes } = options;
  const key = options.existing ? createPrivateKey(options.existing.privateKeyPem) : newKey();
  const name = distinguishedName(options.commonName);
  const certificatePem =
    options.existing?.certificatePem ??
    toPem(
      "CERTIFICATE",
      certificate({
        issuer: name,
        subject: name,
        subjectKey: key,
        signer: key,
        serial: serialNumber(randomBytes),
        notBeforeMs: nowMs - DAY_MS,
        notAfterMs: nowMs + 3650 * DAY_MS,
        extensions: [
          extension("2.5.29.19", true, sequence(boolean(true))),
          extension("2.5.29.15", true, bitString(Buffer.from([0x06]), 1)),
          extension("2.5.29.14", false, octetString(keyIdentifier(key))),
        ],
      }),
    );
  return {
    certificatePem,
    privateKeyPem: privatePem(key),
    spkiSha256: spkiSha256(key),
    issue({ names, notBeforeMs = nowMs - 3_600_000, notAfterMs = nowMs + 90 * DAY_MS }) {
      const [first] = names;
      if (first === undefined) throw new RangeError("a server certificate needs at least one name");
      const leafKey = newKey();
      const leafPem = toPem(
        "CERTIFICATE",
        certificate({
          issuer: name,
          subject: distinguishedName(first),
          subjectKey: leafKey,
          signer: key,
          serial: serialNumber(randomBytes),
          notBeforeMs,
          notAfterMs,
          extensions: [
            extension("2.5.29.19", true, sequence()),
            extension("2.5.29.15", true, bitString(Buffer.from([0x80]), 7)),
            extension("2.5.29.37", false, sequence(objectIdentifier("1.3.6.1.5.5.7.3.1"))),
            extension("2.5.29.17", false, sequence(...names.map((dns) => implicit(2, Buffer.from(dns, "ascii"))))),
            extension("2.5.29.14", false, octetString(keyIdentifier(leafKey))),
            extension("2.5.29.35", false, sequence(implicit(0, keyIdentifier(key)))),
          ],
        }),
      );
      return {
        certificatePem: leafPem,
        chainPem: leafPem + certificatePem,
        privateKeyPem: privatePem(leafKey),
        spkiSha256: spkiSha256(leafKey),
      };
    },
  };
}

type CertificateParts = {
  issuer: Buffer;
  subject: Buffer;
  subjectKey: KeyObject;
  signer: KeyObject;
  serial: Buffer;
  notBeforeMs: number;
  notAfterMs: number;
  extensions: readonly Buffer[];
};

function certificate(parts: CertificateParts): Buffer {
  const toBeSigned = sequence(
    explicit(0, integer(Buffer.from([2]))),
    parts.serial,
    ECDSA_WITH_SHA256,
    parts.issuer,
    sequence(time(parts.notBeforeMs), time(parts.notAfterMs)),
    parts.subject,
    spki(parts.subjectKey),
    explicit(3, sequence(...parts.extensions)),
  );
  return sequence(toBeSigned, ECDSA_WITH_SHA256, bitString(sign("sha256", toBeSigned, parts.signer)));
}

function extension(oid: string, critical: boolean, value: Buffer): Buffer {
  return critical
    ? sequence(objectIdentifier(oid), boolean(true), octetString(value))
    : sequence(objectIdentifier(oid), octetString(value));
}

function distinguishedName(commonName: string): Buffer {
  return sequence(set(sequence(objectIdentifier("2.5.4.3"), utf8String(commonName))));
}

function newKey(): KeyObject {
  return makeKeyPair().privateKey;
}

function spki(key: KeyObject): Buffer {
  return createPublicKey(key).export({ type: "spki", format: "der" });
}

function spkiSha256(key: KeyObject): string {
  return createHash("sha256").update(spki(key)).digest("hex");
}

function keyIdentifier(key: KeyObject): Buffer {
  return createHash("sha256").update(spki(key)).digest().subarray(0, 20);
}

function serialNumber(randomBytes: (size: number) => Uint8Array): Buffer {
  const octets = Buffer.from(randomBytes(16));
  octets[0] = ((octets[0] ?? 0) & 0x7f) | 0x40;
  return element(0x02, octets);
}

function privatePem(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" }).toString();
}

function toPem(label: string, der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
