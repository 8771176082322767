export type RequestTarget = {
  host: string;
  port: number;
  /** Path and query as they go on the wire; the fragment stays here. */
  path: string;
  /** `host:port`, what two URLs of one origin share; the scheme is always https. */
  origin: string;
};

const FORM = /^https:\/\/([^/?#:]+)(?::(\d{1,5}))?([^#]*)/i;

/**
 * Takes apart a URL that the host decision allowed (spec §5, Host): printable ASCII, https, a plain name, a decimal
 * port. Never the platform's URL parser, which would read some URLs differently from the decision. `undefined` for
 * anything that the decision would not have allowed.
 */
export function readRequestTarget(url: string): RequestTarget | undefined {
  const match = FORM.exec(url);
  if (!match) return undefined;
  const [, name = "", digits, rest = ""] = match;
  const host = name.toLowerCase();
  const port = digits === undefined ? 443 : Number(digits);
  const path = rest.startsWith("/") ? rest : `/${rest}`;
  return { host, port, path, origin: `${host}:${port}` };
}
