import { AppError } from "@/lib/platform/errors";

/**
 * Refuses (`forbidden`) a write that a browser sends for another site: cookies travel with such requests, consent does
 * not. Tools without a browser send neither header and are held by the session alone.
 */
export function requireSameOrigin(request: Request): void {
  const site = request.headers.get("sec-fetch-site");
  const origin = request.headers.get("origin");
  const refusal = new AppError("forbidden", "Requests from another site are refused.");
  if (site !== null && site !== "same-origin" && site !== "none") throw refusal;
  if (origin === null) return;
  const host = request.headers.get("host") ?? new URL(request.url).host;
  if (!URL.canParse(origin) || new URL(origin).host !== host) throw refusal;
}
