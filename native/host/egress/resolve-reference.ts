type Parts = { scheme?: string; authority?: string; path: string; query?: string };

const FORM = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#.*)?$/s;

function split(reference: string): Parts {
  const [, scheme, authority, path = "", query] = FORM.exec(reference) ?? [];
  return {
    path,
    ...(scheme === undefined ? {} : { scheme }),
    ...(authority === undefined ? {} : { authority }),
    ...(query === undefined ? {} : { query }),
  };
}

/** RFC 3986 §5.2.4. */
function removeDotSegments(path: string): string {
  const output: string[] = [];
  const segments = path.split("/");
  segments.forEach((segment, index) => {
    const isLast = index === segments.length - 1;
    if (segment === "..") {
      if (output.length > 1) output.pop();
      if (isLast) output.push("");
    } else if (segment === ".") {
      if (isLast) output.push("");
    } else output.push(segment);
  });
  return output.join("/");
}

/**
 * Joins a `Location` to the URL that redirected, RFC 3986 §5.2, on the text alone: nothing is decoded, lowered or
 * repaired, so that the host decision sees what the server wrote. The fragment is left off. Whatever the reference is,
 * the result is only ever a question to the decision.
 */
export function resolveReference(base: string, reference: string): string {
  const target = split(reference);
  const from = split(base);
  if (target.scheme !== undefined) return join({ ...target, path: removeDotSegments(target.path) });
  const scheme = from.scheme ?? "";
  if (target.authority !== undefined) return join({ ...target, scheme, path: removeDotSegments(target.path) });
  const authority = from.authority ?? "";
  if (target.path === "") {
    const query = target.query ?? from.query;
    return join({ scheme, authority, path: from.path, ...(query === undefined ? {} : { query }) });
  }
  const merged = target.path.startsWith("/")
    ? target.path
    : `${from.path.slice(0, from.path.lastIndexOf("/") + 1) || "/"}${target.path}`;
  const query = target.query === undefined ? {} : { query: target.query };
  return join({ scheme, authority, path: removeDotSegments(merged), ...query });
}

function join({ scheme, authority, path, query }: Parts): string {
  const start = scheme === undefined ? "" : `${scheme}:`;
  return `${start}${authority === undefined ? "" : `//${authority}`}${path}${query === undefined ? "" : `?${query}`}`;
}
