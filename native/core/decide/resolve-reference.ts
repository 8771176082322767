type UrlParts = {
  scheme: string | undefined;
  authority: string | undefined;
  path: string;
  query: string | undefined;
  fragment: string | undefined;
};

/** RFC 3986 Appendix B: takes any text apart and fits every text. */
const PARTS = /^(?:([^:/?#]+):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#([\s\S]*))?$/;

/**
 * Joins a `Location` to the URL that sent it (RFC 3986 §5.2, strict). Nothing is decoded, encoded or corrected (5.13 encodes
 * before): what is hostile stays as it is for the decision to refuse. Never throws.
 */
export function resolveReference(base: string, reference: string): string {
  const ref = splitUrl(reference);
  if (ref.scheme !== undefined)
    return compose({ ...ref, path: ref.authority === undefined ? ref.path : removeDots(ref.path) });
  const from = splitUrl(base);
  const joined: UrlParts = { ...from, fragment: ref.fragment };
  if (ref.authority !== undefined) {
    joined.authority = ref.authority;
    joined.path = removeDots(ref.path);
    joined.query = ref.query;
  } else if (ref.path === "") {
    joined.query = ref.query ?? from.query;
  } else {
    joined.path = removeDots(ref.path.startsWith("/") ? ref.path : mergePaths(from, ref.path));
    joined.query = ref.query;
  }
  return compose(joined);
}

function splitUrl(text: string): UrlParts {
  const match = PARTS.exec(text);
  return { scheme: match?.[1], authority: match?.[2], path: match?.[3] ?? "", query: match?.[4], fragment: match?.[5] };
}

function mergePaths(base: UrlParts, path: string): string {
  if (base.authority !== undefined && base.path === "") return `/${path}`;
  return base.path.slice(0, base.path.lastIndexOf("/") + 1) + path;
}

/** RFC 3986 §5.2.4, in one pass over the segments. */
function removeDots(path: string): string {
  const isAbsolute = path.startsWith("/");
  const segments = (isAbsolute ? path.slice(1) : path).split("/");
  const last = segments.at(-1);
  const kept: string[] = [];
  for (const segment of segments) {
    if (segment === "..") kept.pop();
    else if (segment !== ".") kept.push(segment);
  }
  if (last === "." || last === "..") kept.push("");
  return (isAbsolute ? "/" : "") + kept.join("/");
}

function compose({ scheme, authority, path, query, fragment }: UrlParts): string {
  return [
    scheme === undefined ? "" : `${scheme}:`,
    authority === undefined ? "" : `//${authority}`,
    // Dots that were removed must not leave an authority that nobody named.
    authority === undefined && path.startsWith("//") ? "/." : "",
    path,
    query === undefined ? "" : `?${query}`,
    fragment === undefined ? "" : `#${fragment}`,
  ].join("");
}
