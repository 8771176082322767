/** Tells a page its own address, which Next keeps from it. Set by `proxy.ts` on every request, whatever came with it. */
export const PATH_HEADER = "x-bulkhead-path";

/** Longest way back that is kept; a longer address is none of ours. */
const LENGTH_MAX = 1024;
/** Nobody returns to the door that they came by, and what the API answers is no page. */
const NO_PAGES = ["/sign-in", "/link/", "/api/"];
/** Where the origin does not matter: a path that leaves it is none. */
const ANYWHERE = "https://console.invalid";

/**
 * Where somebody is to return to after signing in, out of text that anybody may have written into an address: a page of
 * this console by its path and search, or the overview. Never another origin, in no spelling that a browser reads as one.
 */
export function readReturnPath(text: string | null | undefined): string {
  if (text == null || text.length > LENGTH_MAX || !/^\/(?![/\\])[\x21-\x7e]*$/.test(text)) return "/";
  if (text.includes("\\") || !URL.canParse(text, ANYWHERE)) return "/";
  const { origin, pathname, search } = new URL(text, ANYWHERE);
  if (origin !== ANYWHERE || pathname.startsWith("//")) return "/";
  if (NO_PAGES.some((start) => `${pathname}/`.startsWith(start))) return "/";
  return `${pathname}${search}`;
}

/** The door, with the way back to this page. */
export function signInPath(from: string): string {
  const to = readReturnPath(from);
  return to === "/" ? "/sign-in" : `/sign-in?${new URLSearchParams({ to })}`;
}
