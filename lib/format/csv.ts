type Cell = string | number | null;
export type CsvColumn<Row> = { head: string; of(row: Row): Cell };

/**
 * What a spreadsheet takes for a formula, at the beginning or behind what some of them end a cell with: by a reader's language that may
 * be a semicolon or a tab, whatever stands in quotes. Wide forms are made narrow by some, and what is not seen is passed over.
 */
const ACTS = /(?:^|[;\t\r\n])["'\s\p{Cf}\p{Cc}]*[=+\-@|＝＋－＠｜]|^[\t\r\n]/u;
/** The same, at each place. */
const ACTS_INSIDE = /([;\t\r\n])(?=["'\s\p{Cf}\p{Cc}]*[=+\-@|＝＋－＠｜])/gu;

/** Text that a spreadsheet would reckon with has an apostrophe before it; numbers stand as they are. */
function written(value: Cell): string {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  const text = ACTS.test(value) ? `'${value.replace(ACTS_INSIDE, "$1'")}` : value;
  return /[",;\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Rows as RFC 4180 has them, headed by their columns; `notes` are lines of one cell below them. */
export function csvOf<Row>(columns: readonly CsvColumn<Row>[], rows: readonly Row[], notes: readonly string[]): string {
  const lines = [
    columns.map(({ head }) => written(head)),
    ...rows.map((row) => columns.map(({ of }) => written(of(row)))),
    ...notes.map((note) => [written(note)]),
  ];
  return lines.map((cells) => `${cells.join(",")}\r\n`).join("");
}
