/**
 * What the parts of a host rule may be, asked by all who read one: a manifest's check, the editors of the console and the
 * verifier of documents. A host is `readHostPattern`'s.
 */

export const PORT_MAX = 65_535;
/** The port of a URL and of a wish that name none. */
export const DEFAULT_PORT = 443;

export function isPort(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= PORT_MAX;
}

/** A digest or a pin: 64 lower-case hex digits. */
export const SHA256_HEX = /^[0-9a-f]{64}$/;

/**
 * What a rule takes for itself: each port and purpose of its host. Two rules that want one of them are refused, so that
 * pins are never ambiguous (spec 5.9).
 */
export function placesOf(rule: {
  host: string;
  ports: readonly number[];
  purposes: readonly string[];
}): readonly string[] {
  return rule.ports.flatMap((port) => rule.purposes.map((purpose) => `${rule.host} ${port} ${purpose}`));
}
