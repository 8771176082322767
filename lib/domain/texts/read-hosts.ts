import { readHostName } from "@/native/core/decide/host-name";
import { readIpAddress } from "@/native/core/decide/ip-address";
import { isPort } from "@/native/core/decide/rule-parts";
import { isPlainText } from "@/native/core/text/plain-text";
import type { LeftOut, TextNote } from "./taken";
import type { TextIssue, TextIssueCode } from "./text-issues";

/** Hosts that are read at once. */
export const HOSTS_MAX = 50;

export type HostRead = { host: string; port: number | null };
export type HostsRead = { hosts: HostRead[]; issues: TextIssue[]; notes: TextNote[] };

/** A piece of the text, and where it stands. */
type Piece = { text: string; start: number; end: number; isCommented: boolean };
/** Around a host in what people paste: quotes, brackets and list marks. */
const WRAPPING = /^["'`([{<]+|["'`)\]}>]+$/g;
const LIST_MARK = /^[-•*]$/;
/** A comment begins a line or follows a blank, and `//` is one where a blank follows: in a URL it is none. */
const COMMENT = /(?:^|\s)(?:#|\/\/(?=\s|$)).*$/;

/**
 * Takes apart what people paste as hosts: URLs, lists, several lines, comments. Each becomes the host that rules name,
 * with its port where one was written; a note says what was left out. What is no host is an issue, never dropped.
 */
export function readHosts(text: string, field: string): HostsRead {
  const pieces = piecesOf(text);
  if (pieces.length > HOSTS_MAX) {
    return {
      hosts: [],
      notes: [],
      issues: [{ field, code: "HOST_MANY", said: { count: pieces.length, most: HOSTS_MAX } }],
    };
  }
  const read: HostsRead = { hosts: [], issues: [], notes: [] };
  for (const { text: source, start, end, isCommented } of pieces) {
    const one = readHost(source);
    if ("code" in one) {
      const { code, said, offer } = one;
      const issue = { field, code, said: { text: source, ...said }, span: { start, end } };
      read.issues.push(offer === undefined ? issue : { ...issue, offer });
      continue;
    }
    const { host, port } = one;
    const left: LeftOut[] = [...one.left, ...(isCommented ? (["comment"] as const) : [])];
    const isAgain = read.hosts.some((other) => other.host === host && other.port === port);
    if (!isAgain) read.hosts.push({ host, port });
    if (isAgain || left.length > 0 || source !== host) {
      read.notes.push({ field, source, made: host, port, left, isAgain });
    }
  }
  return read;
}

function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = [];
  let lineStart = 0;
  for (const line of text.split("\n")) {
    const comment = COMMENT.exec(line);
    const code = comment === null ? line : line.slice(0, comment.index);
    const own: Piece[] = [];
    for (const match of code.matchAll(/\S+/g)) own.push(...divide(match[0], lineStart + match.index));
    const last = own.at(-1);
    if (last !== undefined && comment !== null) last.isCommented = true;
    pieces.push(...own);
    lineStart += line.length + 1;
  }
  return pieces;
}

/** A URL may hold commas in its path; a list of hosts is divided by them. */
function divide(word: string, at: number): Piece[] {
  const parts = word.includes("://") ? [word.replace(/[,;]+$/, "")] : word.split(/[,;]/);
  const pieces: Piece[] = [];
  let offset = 0;
  for (const part of parts) {
    const bare = part.replace(WRAPPING, "");
    const start = at + offset + part.indexOf(bare);
    if (bare !== "" && !LIST_MARK.test(bare)) {
      pieces.push({ text: bare, start, end: start + bare.length, isCommented: false });
    }
    offset += part.length + 1;
  }
  return pieces;
}

type NoHost = { code: TextIssueCode; said?: Record<string, string>; offer?: string };

function readHost(source: string): (HostRead & { left: LeftOut[] }) | NoHost {
  if (!isPlainText(source)) {
    const offer = [...source].filter(isPlainText).join("");
    return offer === "" ? { code: "HOST_NO_NAME" } : { code: "HOST_HIDDEN", offer };
  }
  const left: LeftOut[] = [];
  const scheme = /^[a-z][a-z0-9+.-]*:(?=\/\/)/i.exec(source)?.[0] ?? "";
  if (scheme !== "") left.push("scheme");
  // The same without a scheme, as markup has it.
  let rest = source.slice(scheme.length).replace(/^\/\//, "");
  for (const [mark, part] of [
    ["#", "fragment"],
    ["?", "query"],
    ["/", "path"],
  ] as const) {
    const at = rest.indexOf(mark);
    if (at === -1) continue;
    // What follows the host's last slash is nothing.
    if (at < rest.length - 1 || part !== "path") left.push(part);
    rest = rest.slice(0, at);
  }
  const user = rest.lastIndexOf("@");
  if (user !== -1) left.push("user");
  rest = rest.slice(user + 1);
  if (readIpAddress(rest.replace(/^\[|\]$/g, "")) !== undefined || /^\[.*\](?::\d+)?$/.test(rest)) {
    return { code: "HOST_ADDRESS" };
  }
  const colon = rest.indexOf(":");
  const digits = colon === -1 ? "" : rest.slice(colon + 1);
  let name = colon === -1 ? rest : rest.slice(0, colon);
  const port = digits === "" ? null : Number(digits);
  if (port !== null && !(/^\d+$/.test(digits) && isPort(port))) return { code: "PORT_NUMBER", said: { text: digits } };
  if (name.endsWith(".") && name !== ".") {
    left.push("last dot");
    name = name.slice(0, -1);
  }
  const host = readName(name);
  if (typeof host !== "string")
    return port === null || host.offer === undefined ? host : { ...host, offer: `${host.offer}:${port}` };
  return { host, port, left };
}

/** The name in the one spelling that rules have, or why it is none. */
function readName(name: string): string | NoHost {
  const lower = name.toLowerCase();
  const isWildcard = lower.startsWith("*.");
  const base = isWildcard ? lower.slice(2) : lower;
  if (readHostName(base) === base) return lower;
  if (base.includes("*") || lower === "*") return { code: "HOST_WILDCARD_PLACE" };
  if (base.startsWith(".") && readHostName(base.slice(1)) !== undefined) {
    return { code: "HOST_WILDCARD_DOT", offer: `*${base}` };
  }
  if (readIpAddress(base) !== undefined) return { code: "HOST_ADDRESS" };
  if (/[^\0-\x7f]/.test(base)) return readForeign(base, isWildcard);
  const character = /[^a-z0-9.-]/.exec(base)?.[0];
  if (character !== undefined) return { code: "HOST_CHARACTER", said: { character } };
  const labels = base.split(".");
  if (labels.includes("")) return { code: base === "" ? "HOST_NO_NAME" : "HOST_EMPTY_LABEL" };
  if (labels.length < 2) return { code: "HOST_ONE_LABEL" };
  if (labels.some((label) => label.startsWith("-") || label.endsWith("-"))) return { code: "HOST_HYPHEN" };
  if (labels.some((label) => label.length > 63)) return { code: "HOST_LABEL_LONG" };
  if (base.length > 253) return { code: "HOST_LONG" };
  return { code: "HOST_NUMBER" };
}

/** A name in letters of other scripts has one in the letters of hosts: it is offered, since two may look alike. */
function readForeign(base: string, isWildcard: boolean): NoHost {
  const ascii = toAscii(base);
  const isHost = ascii !== null && readHostName(ascii) === ascii;
  if (isHost) return { code: "HOST_IDN", offer: `${isWildcard ? "*." : ""}${ascii}` };
  return { code: ascii !== null && readIpAddress(ascii) !== undefined ? "HOST_ADDRESS" : "HOST_NO_NAME" };
}

/** As browsers and servers do it (UTS 46); null for what has no such name. */
function toAscii(name: string): string | null {
  const address = `https://${name}/`;
  return URL.canParse(address) ? new URL(address).hostname : null;
}
