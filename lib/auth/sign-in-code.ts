import { createHmac, randomInt, timingSafeEqual } from "node:crypto";

/** Letters and digits of which no two look or sound alike: 23, so that a code of ten has 45 bits. */
const ALPHABET = "ACDEFGHJKMNPQRTVWXY3479";
const LENGTH = 10;
const GROUP = 5;

/** A code as it is read out, written down and typed: `KQ7MA-X3DRT`. */
export function makeCode(): string {
  const letters = Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join("");
  return `${letters.slice(0, GROUP)}-${letters.slice(GROUP)}`;
}

/**
 * What the store keeps of a code. A code is short enough to be found by trying all of them, so that takes the secret too,
 * which is not in the database. Letter case, blanks and dashes do not count.
 */
export function codeHmac(secret: string, personId: string, code: string): string {
  const letters = code.toUpperCase().replaceAll(/[\s\p{Pd}]/gu, "");
  return createHmac("sha256", secret).update(`sign-in code\n${personId}\n${letters}`).digest("hex");
}

/** False also where no code was made yet. */
export function isCode(stored: string | null, hmac: string): boolean {
  return stored !== null && timingSafeEqual(Buffer.from(stored, "hex"), Buffer.from(hmac, "hex"));
}
