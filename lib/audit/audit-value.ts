const SECRET_NAME = /(token|secret|password|passphrase|cookie|authorization|private_?key|assertion|credential)/i;
const DEPTH_MAX = 32;
/** NUL and halves of a surrogate pair: neither `text` nor `jsonb` can hold them. */
const UNSTORABLE = /\0|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;

/** The text as the log can hold it: what cannot be stored is replaced by U+FFFD. */
export function auditText(text: string): string {
  return text.replace(UNSTORABLE, "\uFFFD");
}

/**
 * A value as the audit log keeps it: plain JSON, instants as ISO text, bytes as their number, and no secrets. Members
 * whose names say that they are secret, and the private half of a JWK, are replaced by `[redacted]`.
 */
export function auditValue(value: unknown, depth = 0): unknown {
  if (value === undefined || value === null) return null;
  if (typeof value === "string") return auditText(value);
  if (typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return { bytes: value.byteLength };
  if (depth >= DEPTH_MAX || typeof value !== "object") return null;
  if (Array.isArray(value)) return value.map((item) => auditValue(item, depth + 1));
  const isJwk = "kty" in value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .map(([name, item]) => [
        auditText(name),
        SECRET_NAME.test(name) || (isJwk && name === "d") ? "[redacted]" : auditValue(item, depth + 1),
      ]),
  );
}
