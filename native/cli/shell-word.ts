/** A path as it can be typed: in quotes where a shell would read it as anything else than one word. */
export function shellWord(text: string): string {
  const safe = text.startsWith("-") ? `./${text}` : text;
  return /^[\p{L}\p{N}_@%+=:,./-]+$/u.test(safe) ? safe : `'${safe.replaceAll("'", "'\\''")}'`;
}
