/** Length of a text in bytes of UTF-8, without encoding it; a lone surrogate counts as its replacement does, three. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x80) continue;
    if (code < 0x800) {
      bytes += 1;
    } else if (isPairAt(text, at)) {
      bytes += 2;
      at++;
    } else {
      bytes += 2;
    }
  }
  return bytes;
}

/** Whether every surrogate has its partner. */
export function isWellFormed(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0xd800 || code > 0xdfff) continue;
    if (!isPairAt(text, at)) return false;
    at++;
  }
  return true;
}

function isPairAt(text: string, at: number): boolean {
  const next = text.charCodeAt(at + 1);
  return text.charCodeAt(at) >= 0xd800 && text.charCodeAt(at) <= 0xdbff && next >= 0xdc00 && next <= 0xdfff;
}
