/** The data of `native/catalog/public-suffixes.json`: rules of both sections, each separated by a space. */
export type PublicSuffixData = { icann: string; private: string };

/** One snapshot of the Public Suffix List, ready to be asked. It is passed in, since it must not reach a browser. */
export type PublicSuffixes = {
  /**
   * Whether a name is a public suffix or has one below it, so that a wildcard on it would span the names of strangers
   * (spec §5, Host). Both sections count, and a top level that the list does not have is a suffix. Lower-case ASCII.
   */
  coversSuffix(name: string): boolean;
};

export function readPublicSuffixes(data: PublicSuffixData): PublicSuffixes {
  const suffixes = new Set<string>();
  const wildcardParents = new Set<string>();
  const exceptions = new Set<string>();
  const ancestors = new Set<string>();
  const addAncestors = (name: string) => {
    for (let dot = name.indexOf("."); dot !== -1; dot = name.indexOf(".", dot + 1)) ancestors.add(name.slice(dot + 1));
  };
  for (const section of [data.icann, data.private]) {
    for (const rule of section.split(" ")) {
      if (rule === "") continue;
      if (rule.startsWith("!")) {
        exceptions.add(rule.slice(1));
      } else if (rule.startsWith("*.")) {
        wildcardParents.add(rule.slice(2));
        addAncestors(rule);
      } else {
        suffixes.add(rule);
        addAncestors(rule);
      }
    }
  }
  return {
    coversSuffix(name) {
      const dot = name.indexOf(".");
      if (dot === -1 || ancestors.has(name) || suffixes.has(name)) return true;
      return wildcardParents.has(name.slice(dot + 1)) && !exceptions.has(name);
    },
  };
}
