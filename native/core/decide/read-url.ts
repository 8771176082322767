import type { HostPurpose } from "../codes";
import { readHostName } from "./host-name";

export type UrlReading =
  | { ok: true; host: string; port: number }
  | { ok: false; code: "URL_MALFORMED" | "SCHEME_NOT_ALLOWED" | "HOST_MALFORMED" };

const URL_MALFORMED: UrlReading = { ok: false, code: "URL_MALFORMED" };
const SCHEME_NOT_ALLOWED: UrlReading = { ok: false, code: "SCHEME_NOT_ALLOWED" };
const HOST_MALFORMED: UrlReading = { ok: false, code: "HOST_MALFORMED" };

const DEFAULT_PORT = 443;
const PORT_MAX = 65535;

/**
 * Reads scheme, host and port of a raw URL (spec §5, Host). Our own reading and no URL parser's: parsers disagree, and
 * whoever connects dials the host that was read here. Never throws, whatever the text.
 */
export function readUrl(url: string, purpose: HostPurpose): UrlReading {
  const length = url.length;
  for (let at = 0; at < length; at++) {
    const code = url.charCodeAt(at);
    if (code <= 0x20 || code >= 0x7f || code === 0x5c) return URL_MALFORMED;
  }
  const schemeEnd = findSchemeEnd(url);
  const start = schemeEnd + 1;
  if (url.charCodeAt(start) !== 0x2f || url.charCodeAt(start + 1) !== 0x2f) return URL_MALFORMED;

  const authorityStart = start + 2;
  let end = authorityStart;
  let colon = -1;
  let isInBrackets = false;
  for (; end < length; end++) {
    const code = url.charCodeAt(end);
    if (code === 0x2f || code === 0x3f || code === 0x23) break;
    if (code === 0x40) return URL_MALFORMED;
    if (code === 0x5b) isInBrackets = true;
    else if (code === 0x5d) isInBrackets = false;
    else if (code === 0x3a && !isInBrackets) colon = end;
  }
  const port = colon === -1 ? DEFAULT_PORT : readPort(url, colon + 1, end);
  if (port === 0) return URL_MALFORMED;
  if (!isScheme(url, schemeEnd, purpose === "socket" ? "wss" : "https")) return SCHEME_NOT_ALLOWED;
  const host = readHostName(url.slice(authorityStart, colon === -1 ? end : colon));
  return host === undefined ? HOST_MALFORMED : { ok: true, host, port };
}

/** Index of the colon that ends the scheme, whatever stands before it; −1 where there is none. */
function findSchemeEnd(url: string): number {
  for (let at = 0; at < url.length; at++) {
    const code = url.charCodeAt(at);
    if (code === 0x3a) return at;
    if (code === 0x2f || code === 0x3f || code === 0x23) return -1;
  }
  return -1;
}

function isScheme(url: string, end: number, scheme: string): boolean {
  if (end !== scheme.length) return false;
  for (let at = 0; at < end; at++) {
    if ((url.charCodeAt(at) | 0x20) !== scheme.charCodeAt(at)) return false;
  }
  return true;
}

/** 1 to 65535 in decimal without a leading zero; 0 for anything else. */
function readPort(url: string, start: number, end: number): number {
  if (end === start || end - start > 5 || url.charCodeAt(start) === 0x30) return 0;
  let port = 0;
  for (let at = start; at < end; at++) {
    const digit = url.charCodeAt(at) - 0x30;
    if (digit < 0 || digit > 9) return 0;
    port = port * 10 + digit;
  }
  return port <= PORT_MAX ? port : 0;
}
