import { lowerAscii } from "../text/ascii";

export const HOST_CHARACTERS_MAX = 253;
const LABEL_CHARACTERS_MAX = 63;

/**
 * Reads a DNS name as the host decision does (spec §5, Host): labels of letters, digits and inner hyphens, at most 63 a
 * label and 253 in all, two labels or more, no trailing dot, the last label neither all digits nor beginning with `0x`.
 * Answers the name in lower case, or undefined. `xn--` labels are compared as they stand and never decoded.
 */
export function readHostName(text: string): string | undefined {
  const length = text.length;
  if (length === 0 || length > HOST_CHARACTERS_MAX) return undefined;
  let labelStart = 0;
  let dots = 0;
  let onlyDigits = true;
  let hasUpperCase = false;
  for (let at = 0; at < length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x2e) {
      if (!isLabel(text, labelStart, at)) return undefined;
      labelStart = at + 1;
      dots++;
      onlyDigits = true;
    } else if (code >= 0x61 && code <= 0x7a) {
      onlyDigits = false;
    } else if (code >= 0x41 && code <= 0x5a) {
      onlyDigits = false;
      hasUpperCase = true;
    } else if (code === 0x2d) {
      onlyDigits = false;
    } else if (code < 0x30 || code > 0x39) {
      return undefined;
    }
  }
  if (dots === 0 || onlyDigits || !isLabel(text, labelStart, length)) return undefined;
  const isHexadecimal = text.charCodeAt(labelStart) === 0x30 && (text.charCodeAt(labelStart + 1) | 0x20) === 0x78;
  if (isHexadecimal) return undefined;
  return hasUpperCase ? lowerAscii(text) : text;
}

function isLabel(text: string, start: number, end: number): boolean {
  const length = end - start;
  if (length === 0 || length > LABEL_CHARACTERS_MAX) return false;
  return text.charCodeAt(start) !== 0x2d && text.charCodeAt(end - 1) !== 0x2d;
}

export type HostPattern = { kind: "exact"; host: string } | { kind: "wildcard"; base: string };

/**
 * Reads the host of a rule: an exact host, or `*.` and a host for exactly one label (spec §5, Host). Lower case only:
 * a document, a manifest and a form say a host in one way. Undefined for anything else.
 */
export function readHostPattern(text: string): HostPattern | undefined {
  const isWildcard = text.startsWith("*.");
  const name = isWildcard ? text.slice(2) : text;
  if (readHostName(name) !== name) return undefined;
  return isWildcard ? { kind: "wildcard", base: name } : { kind: "exact", host: name };
}
