import { createHash, X509Certificate } from "node:crypto";
import type { DetailedPeerCertificate, TLSSocket } from "node:tls";

const CHAIN_MAX = 10;

/**
 * SPKI SHA-256 (hex) of the leaf and of every certificate that provably issued it, in order (spec §5, Address).
 * A server may send certificates that have nothing to do with its own, and Node links by name alone, so each step is
 * checked by its signature: a pinned certificate that is only sent along never counts.
 */
export function validatedChainPins(socket: TLSSocket): readonly string[] {
  const pins: string[] = [];
  let link: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  let child: X509Certificate | undefined;
  while (link?.raw && pins.length < CHAIN_MAX) {
    const certificate = new X509Certificate(link.raw);
    if (child && !child.verify(certificate.publicKey)) break;
    pins.push(spkiSha256(certificate));
    if (child?.raw.equals(certificate.raw)) break;
    child = certificate;
    const issuer: DetailedPeerCertificate | undefined = link.issuerCertificate;
    if (!issuer || issuer === link) break;
    link = issuer;
  }
  return pins;
}

/** Of the whole SubjectPublicKeyInfo: what Node calls `pubkey` is the bare point for EC keys and hashes differently. */
export function spkiSha256(certificate: X509Certificate): string {
  return createHash("sha256")
    .update(certificate.publicKey.export({ type: "spki", format: "der" }))
    .digest("hex");
}
