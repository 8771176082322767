/** What a benchmark measured. `results` rows are shown as a table; `target` says in words what `ok` was judged by. */
export type BenchResult = {
  bench: string;
  /** Of the figures in `results`, for example "ms" or "decisions/s". */
  unit: string;
  results: Record<string, string | number>[];
  target: string;
  /** Null where what was measured is not what the target is for. */
  ok: boolean | null;
};

/** Prints the table, then one line of JSON, and sets the exit code by `ok`. */
export function reportBench(result: BenchResult): void {
  const columns = [...new Set(result.results.flatMap((row) => Object.keys(row)))];
  const text = (value: string | number | undefined): string => {
    if (value === undefined) return "";
    if (typeof value === "string") return value;
    return value.toLocaleString("en-US", { maximumFractionDigits: value < 10 ? 3 : 1 });
  };
  const widths = columns.map((name) => Math.max(name.length, ...result.results.map((row) => text(row[name]).length)));
  const line = (cells: string[], isNumber: boolean[]) =>
    cells
      .map((cell, index) =>
        isNumber[index] === true ? cell.padStart(widths[index] ?? 0) : cell.padEnd(widths[index] ?? 0),
      )
      .join("  ")
      .trimEnd();
  const numeric = columns.map((name) => result.results.some((row) => typeof row[name] === "number"));
  process.stdout.write(`\n${line(columns, numeric)}\n`);
  for (const row of result.results)
    process.stdout.write(
      `${line(
        columns.map((name) => text(row[name])),
        numeric,
      )}\n`,
    );
  const verdict = result.ok === null ? "" : `: ${result.ok ? "met" : "NOT met"}`;
  process.stdout.write(`\ntarget: ${result.target}${verdict}\n`);
  process.stdout.write(`${JSON.stringify(result)}\n`);
  process.exitCode = result.ok === false ? 1 : 0;
}
