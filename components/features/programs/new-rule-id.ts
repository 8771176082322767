const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

/** The id of a host rule that does not exist yet: 100 random bits, as ids elsewhere. */
export function newRuleId(): string {
  let text = "hr_";
  for (const byte of crypto.getRandomValues(new Uint8Array(20))) text += ALPHABET[byte & 31];
  return text;
}
