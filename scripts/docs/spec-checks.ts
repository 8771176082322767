/** What a check that refuses tells, as the table of the specification has it (spec 5.50); "" where it tells nothing. */
export type SpecCheck = { check: string; code: string; at: string; seen: string; wanted: string };

const ROW = /^\| `([A-Z_]+)` \| `([A-Z_]+)` \| `[a-z]+` \|(.*)\|$/;

/** A cell without what is told of a check that passed. */
function ofRefusal(cell: string): string {
  const told = cell.trim();
  return told.startsWith("where it passed") ? "" : told.replace("where it failed, ", "");
}

/** The rows of that table; raises where the text has none, since pages are made from it. */
export function specChecks(decisions: string): SpecCheck[] {
  const rows = decisions.split("\n").flatMap((line) => {
    const [, check, code, rest] = ROW.exec(line) ?? [];
    if (check === undefined || code === undefined || rest === undefined) return [];
    const [, at = "", seen = "", wanted = ""] = rest.split("|").map(ofRefusal);
    return [{ check, code, at, seen, wanted }];
  });
  if (rows.length === 0) throw new Error("the specification has no table of checks");
  return rows;
}
