/** What a path may begin with, as far as this server answers there; a segment behind may be a one-time token. */
const PLACES = [
  "api/runtime/v1",
  "api/publisher/v1",
  "api/console/v1",
  "api/auth",
  "_next",
  "link",
  "set-up",
  "sign-in",
  "programs",
  "policy",
  "denials",
  "audit",
  "fleet",
  "people",
  "publishers",
  "readiness",
] as const;

/**
 * What may be written of a path where no handler has told its route: the place, and that there was more. Whatever nobody
 * described is one pattern, so that what strangers ask for neither stands in the log nor makes patterns without end.
 */
export function pathPattern(path: string): string {
  if (path === "/") return "/";
  const place = PLACES.find((name) => path === `/${name}` || path.startsWith(`/${name}/`));
  if (place === undefined) return "/*";
  return path === `/${place}` ? path : `/${place}/*`;
}
