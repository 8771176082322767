/** Where telemetry is written, and the one place that says which of it counts. */
const KEEPERS = ["lib/sync/telemetry/", "lib/server/housekeeping.ts", "db/"];

/** What devices told. */
const TOLD = ["telemetryMinutes", "unlistedMinutes", "events"];

/**
 * Numbers that others choose: no file narrows one by a cast in SQL (`db/sums.ts` reckons), and no read takes the tables
 * of telemetry themselves (`db/counted.ts` leaves out what counts no more). Answers with what is wrong with a file.
 */
export function checkSqlNumbers(path: string, text: string): string[] {
  if (!/^(db|lib|app)\//.test(path) || path.includes(".test.") || path.includes("/testing/")) return [];
  const narrows = /::\s*(int\d*|integer|smallint|bigint)\b|\bas\s+(int\d*|integer|smallint|bigint)\s*\)/i;
  const faults = narrows.test(text) ? [`${path}: narrows a number in SQL; use db/sums`] : [];
  const imports = [...text.matchAll(/import \{([^}]*)\} from "@\/db\/schema"/g)];
  const taken = imports.flatMap(([, names = ""]) => names.split(",").map((name) => name.trim().split(" ")[0]));
  const isWhole = /import \* as \w+ from "@\/db\/schema"/.test(text);
  const isKeeper = KEEPERS.some((prefix) => path.startsWith(prefix));
  if (!isKeeper && (isWhole || TOLD.some((table) => taken.includes(table)))) {
    faults.push(`${path}: reads telemetry past db/counted`);
  }
  return faults;
}
