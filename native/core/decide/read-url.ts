import type { HostPurpose } from "../codes";
import { readHostName } from "./host-name";
import { DEFAULT_PORT, PORT_MAX } from "./rule-parts";

/** Why a text is no URL that can be read: what was met first, from the left; a port when its authority ends. */
export const URL_FAULTS = ["CHARACTER", "AUTHORITY", "USERINFO", "PORT"] as const;
export type UrlFault = (typeof URL_FAULTS)[number];

/** Where the parts of a URL lie in its text. */
export type UrlParts = {
  /** Index of the colon that ends the scheme; -1 where there is none. */
  readonly schemeEnd: number;
  readonly hostStart: number;
  readonly hostEnd: number;
  readonly port: number;
};

const SLASH = 0x2f;
const COLON = 0x3a;

/**
 * Finds scheme, host and port of a raw URL (spec §5, Host). Our own reading and no URL parser's: parsers disagree, and
 * whoever connects dials the host that was read here. Never throws, whatever the text.
 */
export function readUrlParts(url: string): UrlParts | UrlFault {
  const length = url.length;
  let schemeEnd = -1;
  for (let at = 0; at < length; at++) {
    const code = url.charCodeAt(at);
    if (isRefused(code)) return "CHARACTER";
    if (code === COLON) schemeEnd = at;
    if (code === COLON || endsAuthority(code)) break;
  }
  const start = schemeEnd + 1;
  if (url.charCodeAt(start) !== SLASH || url.charCodeAt(start + 1) !== SLASH) return "AUTHORITY";

  const hostStart = start + 2;
  let end = hostStart;
  let colon = -1;
  let isInBrackets = false;
  for (; end < length; end++) {
    const code = url.charCodeAt(end);
    if (isRefused(code)) return "CHARACTER";
    if (endsAuthority(code)) break;
    if (code === 0x40) return "USERINFO";
    if (code === 0x5b) isInBrackets = true;
    else if (code === 0x5d) isInBrackets = false;
    else if (code === COLON && !isInBrackets) colon = end;
  }
  const port = colon === -1 ? DEFAULT_PORT : readPort(url, colon + 1, end);
  if (port === 0) return "PORT";
  for (let at = end; at < length; at++) if (isRefused(url.charCodeAt(at))) return "CHARACTER";
  return { schemeEnd, hostStart, hostEnd: colon === -1 ? end : colon, port };
}

/** Anything but printable ASCII without space and backslash. */
function isRefused(code: number): boolean {
  return code <= 0x20 || code >= 0x7f || code === 0x5c;
}

function endsAuthority(code: number): boolean {
  return code === SLASH || code === 0x3f || code === 0x23;
}

/** The scheme that a purpose asks for. */
export function schemeOf(purpose: HostPurpose): "https" | "wss" {
  return purpose === "socket" ? "wss" : "https";
}

export function hasScheme(url: string, { schemeEnd }: UrlParts, purpose: HostPurpose): boolean {
  const scheme = schemeOf(purpose);
  if (schemeEnd !== scheme.length) return false;
  for (let at = 0; at < schemeEnd; at++) {
    if ((url.charCodeAt(at) | 0x20) !== scheme.charCodeAt(at)) return false;
  }
  return true;
}

/** The host's name in lower case; undefined where it is none (spec §5, Host). */
export function readUrlHost(url: string, { hostStart, hostEnd }: UrlParts): string | undefined {
  return readHostName(url.slice(hostStart, hostEnd));
}

/** Host and port of a URL that can be read, has the purpose's scheme and names a host; undefined for any other. */
export function readUrl(url: string, purpose: HostPurpose): { host: string; port: number } | undefined {
  const parts = readUrlParts(url);
  if (typeof parts === "string" || !hasScheme(url, parts, purpose)) return undefined;
  const host = readUrlHost(url, parts);
  return host === undefined ? undefined : { host, port: parts.port };
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
