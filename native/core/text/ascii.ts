/**
 * Text of the contract whose letters are ASCII's: hosts, header names, media types. A language's own lower case and
 * white space know more letters and blanks, and each version of it others.
 */

/** The text with A to Z in lower case; every other character stays. */
export function lowerAscii(text: string): string {
  // Most have none, and a replacement costs several times the look.
  if (!/[A-Z]/.test(text)) return text;
  return text.replace(/[A-Z]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 0x20));
}

/** The text without the spaces and tabs around it. */
export function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text, start)) start += 1;
  while (end > start && isBlank(text, end - 1)) end -= 1;
  return text.slice(start, end);
}

const isBlank = (text: string, at: number): boolean => text[at] === " " || text[at] === "\t";
