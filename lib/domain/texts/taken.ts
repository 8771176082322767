import type { PartRead } from "./read-parts";
import type { TextIssue } from "./text-issues";

/** What a person wrote of a value, by field: a JSON Pointer into it. A list is written with commas. */
export type Texts = Readonly<Record<string, string>>;

/** What stood around a host and is no part of a rule. */
export const LEFT_OUT = ["scheme", "user", "path", "query", "fragment", "last dot", "comment"] as const;
export type LeftOut = (typeof LEFT_OUT)[number];

/** What was made of a piece of text that was not simply kept. */
export type TextNote = {
  field: string;
  source: string;
  made: string;
  port: number | null;
  left: readonly LeftOut[];
  /** It came again and is taken once. */
  isAgain: boolean;
};

/** What was read: nothing is decided while there are issues. Where there is no value there is an issue, and every value fits its kind. */
export type Taken<V> = { values: V[]; issues: TextIssue[]; notes: TextNote[] };

/** The note as a sentence, without what it was made of. */
export function sayTextNote({ made, port, left, isAgain }: TextNote): string {
  const parts = [
    `${made}${port === null ? "" : `, port ${port}`}`,
    ...(left.length === 0 ? [] : [`${left.join(", ")} left out`]),
    ...(isAgain ? ["stands there already"] : []),
  ];
  return parts.join("; ");
}

/** A value of parts that were each read, all of them there; or the issues of all. */
export function takeParts<V extends object>(parts: { [F in keyof V]: PartRead<V[F]> }): Taken<V> {
  const read = Object.entries<PartRead<unknown>>(parts);
  const issues = read.flatMap(([, part]) => part.issues);
  if (issues.length > 0) return { values: [], issues, notes: [] };
  // Safe: each part is there under its own name, since what is not there is an issue.
  const value = Object.fromEntries(read.map(([name, part]) => [name, part.value])) as V;
  return { values: [value], issues, notes: [] };
}
