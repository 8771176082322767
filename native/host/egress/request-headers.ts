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
 * Reads what a program asked for. `undefined` is `INVALID_ARGUMENTS`: an unknown method, a field that is the host's own
 * (spec §5, Bounds), a name twice in different case, a character that could end a line, too many or too long.
 */
export function readRequestFields(
  method: string,
  headers: Readonly<Record<string, string>>,
): RequestFields | undefined {
  if (!METHODS.has(method)) return undefined;
  const fields: RequestFields = new Map();
  let bytes = 0;
  for (const [name, value] of Object.entries(headers)) {
    if (!TOKEN.test(name) || typeof value !== "string" || !VALUE.test(value)) return undefined;
    const lower = name.toLowerCase();
    if (HOSTS_OWN.has(lower) || lower.startsWith("proxy-") || fields.has(lower)) return undefined;
    bytes += name.length + value.length;
    fields.set(lower, value.trim());
  }
  return fields.size > FIELDS_MAX || bytes > BYTES_MAX ? undefined : fields;
}

/** The fields without those that describe a body. */
export function withoutBodyFields(fields: RequestFields): RequestFields {
  return new Map([...fields].filter(([name]) => !BODY_FIELDS.has(name)));
}

/** What goes along to another origin: no credentials, no body (spec §5, Address). */
export function fieldsForOtherOrigin(fields: RequestFields): RequestFields {
  return new Map([...fields].filter(([name]) => ANY_ORIGIN.has(name)));
}
