import type { Misfit } from "../../core/decide/call-parameters";
import { pointerToken } from "../../core/decide/decision";
import { boundText } from "../../core/text/plain-text";

/** The header fields of a program's request: which it may name, and which survive a hop to another origin. */

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,128}$/;
/** Field values as RFC 9110 has them, ASCII only: no control characters, so that no line can be begun. */
const VALUE = /^[\t\x20-\x7e]*$/;
const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);
const HOSTS_OWN = new Set(["host", "content-length", "connection", "transfer-encoding", "upgrade"]);
/** Fields that only describe a body or an exchange that the host frames itself. */
const BODY_FIELDS = new Set(["content-type", "content-encoding", "content-language", "content-location"]);
/** What a stranger may be sent: everything else could carry a credential under a name that we don't know. */
const ANY_ORIGIN = new Set([
  "accept",
  "accept-encoding",
  "accept-language",
  "cache-control",
  "if-modified-since",
  "if-none-match",
  "range",
  "user-agent",
]);

const FIELDS_MAX = 64;
const BYTES_MAX = 16 * 1024;

export type RequestFields = Map<string, string>;

/**
 * Reads what a program asked for. A misfit is `INVALID_ARGUMENTS`: an unknown method, a field that is the host's own
 * (spec §5, Bounds), a name twice in different case, a character that could end a line, too many or too long.
 */
export function readRequestFields(
  method: string,
  headers: Readonly<Record<string, string>>,
): { ok: true; fields: RequestFields } | { ok: false; misfit: Misfit } {
  const refuse = (at: string, seen: string, wanted: string) => ({ ok: false as const, misfit: { at, seen, wanted } });
  if (!METHODS.has(method)) return refuse("/method", "another method", `one of ${[...METHODS].join(", ")}`);
  const fields: RequestFields = new Map();
  let bytes = 0;
  for (const [name, value] of Object.entries(headers)) {
    const at = `/headers/${pointerToken(boundText(name, 128))}`;
    if (!TOKEN.test(name)) return refuse(at, "no name of a field", "a token of 1 to 128 characters");
    if (typeof value !== "string" || !VALUE.test(value)) return refuse(at, "another text", "a text of printable ASCII");
    const lower = name.toLowerCase();
    if (HOSTS_OWN.has(lower) || lower.startsWith("proxy-")) {
      return refuse(at, "a field that is the host's own", "a field of the program's own");
    }
    if (fields.has(lower)) return refuse(at, "a field that is there already", "each field once, in any letter case");
    bytes += name.length + value.length;
    fields.set(lower, value.trim());
  }
  if (fields.size > FIELDS_MAX) return refuse("/headers", `${fields.size} fields`, `at most ${FIELDS_MAX}`);
  if (bytes > BYTES_MAX) return refuse("/headers", `${bytes} bytes`, `at most ${BYTES_MAX} bytes of names and values`);
  return { ok: true, fields };
}

/** The fields without those that describe a body. */
export function withoutBodyFields(fields: RequestFields): RequestFields {
  return new Map([...fields].filter(([name]) => !BODY_FIELDS.has(name)));
}

/** What goes along to another origin: no credentials, no body (spec §5, Address). */
export function fieldsForOtherOrigin(fields: RequestFields): RequestFields {
  return new Map([...fields].filter(([name]) => ANY_ORIGIN.has(name)));
}
