/** The payload of a compact JWS that this server signed itself. */
export function ownPayload(jws: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(jws.split(".")[1] ?? "", "base64url").toString("utf8"));
}

/** The `kid` that this server put into the header of a compact JWS of its own. */
export function ownKid(header: string): string {
  const read: { kid?: unknown } = JSON.parse(Buffer.from(header, "base64url").toString("utf8"));
  return String(read.kid);
}

/** The claims of a stored document; undefined where somebody changed the row and it holds none. */
export function ownClaims(jws: string): Record<string, unknown> | undefined {
  try {
    return ownPayload(jws);
  } catch (error) {
    // Text that was never ours must not stop the document that replaces it.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
