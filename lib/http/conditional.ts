import { knownResponse } from "./known-body";

/** Whether `If-None-Match` already names this strong tag; `*` names every one (RFC 9110 §13.1.2). */
export function matchesTag(ifNoneMatch: string | null, etag: string): boolean {
  if (ifNoneMatch === null) return false;
  return ifNoneMatch.split(",").some((part) => {
    const tag = part.trim();
    return tag === "*" || tag === etag || tag === `W/${etag}`;
  });
}

/** The body with its tag, or 304 without it where the asker has these very bytes. */
export function conditionalResponse(
  request: Request,
  etag: string,
  headers: Record<string, string>,
  body: () => string | Uint8Array,
): Response {
  const all = { ...headers, etag };
  if (matchesTag(request.headers.get("if-none-match"), etag)) return new Response(null, { status: 304, headers: all });
  return knownResponse(body(), { status: 200, headers: all });
}
