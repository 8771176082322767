const TABLE = /\b(?:from|into|update)\s+(?:only\s+)?"?([a-z_]+)"?/i;
const VERBS = new Set([
  "select",
  "insert",
  "update",
  "delete",
  "with",
  "savepoint",
  "release",
  "rollback",
  "vacuum",
  "checkpoint",
]);

/** What a statement is, for figures: its verb, and the first table that it names. Never a value of it. */
export function kindOfStatement(sql: string): string {
  const verb = /[a-z]+/i.exec(sql.slice(0, 100))?.[0].toLowerCase() ?? "";
  if (!VERBS.has(verb)) return "other";
  const table = TABLE.exec(sql)?.[1]?.toLowerCase();
  return table === undefined ? verb : `${verb} ${table}`;
}

export const writes = (kind: string): boolean => /^(insert|update|delete)\b/.test(kind);
