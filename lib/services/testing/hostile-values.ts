/** The greatest whole number that documents, batches and columns may hold. */
export const MOST = Number.MAX_SAFE_INTEGER;
/** Beyond 32 bits, and the last before the greatest. */
export const GREAT = [2 ** 31, 2 ** 32 + 1, MOST - 1, MOST] as const;

/** Text that acts when it is shown, breaks a pattern, or is long; all of it can be stored. */
export const TEXTS = {
  control: "\u0001\u0007\u001b[31mred\u001b[0m\r\n\t\u0085",
  rightToLeft: "\u202egnp.exe\u2066\u05d0\u2069",
  pattern: "100%_\\%_'; drop table devices; --",
  formula: "=HYPERLINK(A1)",
  number: "NaN",
  inherited: "constructor",
  prototype: "__proto__",
  long: "long ".repeat(2_048),
} as const;

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** Cursors that no list gives: of another list, of no value that a row has, or no cursor at all. */
export const cursorsOf = (list: string, values: number): string[] => {
  const all = (value: unknown) => Array.from({ length: values }, () => value);
  return [
    ...["", "%", "e30", "AAAA", "x".repeat(1_024)],
    ...[null, 7, list, [list], [list, 7], [list, []], [list, all(null)], [list, [...all("a"), "a"]]].map(encoded),
    ...[encoded(["another", all("a")]), encoded([list, all("\u0000")]), encoded([list, all({ toString: "a" })])],
    encoded([list, all(TEXTS.long)]),
  ];
};
