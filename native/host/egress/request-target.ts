import type { HostPurpose } from "../../core/codes";
import { readUrl } from "../../core/decide/read-url";

export type RequestTarget = {
  host: string;
  port: number;
  /** Path and query as they go on the wire; the fragment stays here. */
  path: string;
  /** `host:port`, what two URLs of one origin share; the scheme is always https. */
  origin: string;
};

/**
 * What to dial for a URL: read by the very reading that the host decision uses (spec §5, Host), never by the platform's
 * URL parser, which takes some URLs to mean another host. `undefined` where the decision would not have allowed it.
 */
export function readRequestTarget(url: string, purpose: HostPurpose): RequestTarget | undefined {
  const reading = readUrl(url, purpose);
  if (reading === undefined) return undefined;
  const { host, port } = reading;
  const afterAuthority = url.slice(url.indexOf("//") + 2).replace(/^[^/?#]*/, "");
  const [rest = ""] = afterAuthority.split("#", 1);
  return { host, port, path: rest.startsWith("/") ? rest : `/${rest}`, origin: `${host}:${port}` };
}
