import type { VectorCase } from "../vector-topic";

type Members = Readonly<Record<string, unknown>>;

/** Cases of one kind from rows: the id's prefix stands in front of each number. */
export function caseTable(
  prefix: string,
  rows: readonly (readonly [
    number: string,
    title: string,
    flags: readonly string[],
    input: Members,
    expect: Members,
  ])[],
): VectorCase[] {
  return rows.map(([number, title, flags, input, expect]) => ({
    id: `${prefix}-${number}`,
    title,
    flags,
    input,
    expect,
  }));
}
