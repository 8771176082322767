/**
 * Whether a request that changes something was sent by a page of this console. Browsers always send `Origin` with
 * such requests; one without it, with `null`, or with any other origin is refused (CSRF; ASVS 3.5.1).
 */
export function isSameOrigin(headers: Headers, baseUrl: string): boolean {
  const origin = headers.get("origin");
  const site = headers.get("sec-fetch-site");
  return origin === new URL(baseUrl).origin && (site === null || site === "same-origin");
}
