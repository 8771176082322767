const LOOPBACK = new Set(["127.0.0.1", "[::1]", "localhost"]);

/**
 * Whether a device may speak to its platform at this address (spec §4, Enrolment file): https, or http to loopback with
 * a development keyset. `environment` is undefined before the first keyset is known, when loopback is allowed so far.
 */
export function isPlatformUrlAllowed(url: string, environment: "production" | "development" | undefined): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname, username, password, search, hash } = new URL(url);
  if (username !== "" || password !== "" || search !== "" || hash !== "") return false;
  if (protocol === "https:") return true;
  return protocol === "http:" && LOOPBACK.has(hostname) && environment !== "production";
}
