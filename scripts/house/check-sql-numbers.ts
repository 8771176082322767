/** Where telemetry is written, and the one place that says which of it counts. */
const KEEPERS = ["lib/sync/telemetry/", "lib/server/housekeeping.ts", "db/"];

/**
 * Numbers that others choose: no file narrows one by a cast in SQL (`db/sums.ts` reckons), and no read takes the tables
 * of telemetry themselves (`db/counted.ts` leaves out what counts no more). Answers with what is wrong with a file.
 */
export function checkSqlNumbers(path: string, text: string): string[] {
  if (!/^(db|lib|app)\//.test(path) || path.includes(".test.") || path.includes("/testing/")) return [];
  const faults = /::(int|integer|int4|smallint)\b/.test(text) ? [`${path}: narrows a number in SQL; use db/sums`] : [];
  const [, names = ""] = /import \{([^}]*)\} from "@\/db\/schema"/.exec(text) ?? [];
  const taken = names.split(",").map((name) => name.trim());
  const isKeeper = KEEPERS.some((prefix) => path.startsWith(prefix));
  if (!isKeeper && (taken.includes("telemetryMinutes") || taken.includes("events"))) {
    faults.push(`${path}: reads telemetry past db/counted`);
  }
  return faults;
}
