/** Issues under the fields of a form that they belong to, and on top those that belong to none: together all that there are. */
export type PlacedIssues<I> = { byField: ReadonlyMap<string, readonly I[]>; top: readonly I[] };

/**
 * Each issue stands under the field whose path its own path is or lies in, the innermost where several are; one about a
 * whole that only some of its fields show, or about nothing that is shown, stands on top.
 */
export function placeIssues<I>(
  issues: readonly I[],
  pathOf: (issue: I) => string,
  fields: readonly string[],
): PlacedIssues<I> {
  const byField = new Map<string, I[]>();
  const top: I[] = [];
  const innermostFirst = [...fields].sort((a, b) => b.length - a.length);
  for (const issue of issues) {
    const path = pathOf(issue);
    const field = innermostFirst.find((own) => own !== "" && (path === own || path.startsWith(`${own}/`)));
    if (field === undefined) top.push(issue);
    else byField.set(field, [...(byField.get(field) ?? []), issue]);
  }
  return { byField, top };
}
