/**
 * Response header of `GET /api/runtime/v1/bundles/{sha256}` and request header of a submission: the detached signature
 * of the exact bundle bytes, DER, in unpadded base64url (spec §2). It is checked against the key that the program
 * document names, so the header itself needs no trust.
 */
export const BUNDLE_SIGNATURE_HEADER = "bulkhead-signature";
