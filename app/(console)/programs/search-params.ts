export const PROGRAM_STATUSES = ["active", "suspended", "retired"] as const;
export type ProgramStatusFilter = (typeof PROGRAM_STATUSES)[number];

type Source = Record<string, string | string[] | undefined>;

/** The filter that the address names; whatever it does not understand is left out. */
export function readProgramFilter(source: Source): { status?: ProgramStatusFilter; q?: string } {
  const q = first(source.q);
  const status = PROGRAM_STATUSES.find((name) => name === first(source.status));
  return { ...(status === undefined ? {} : { status }), ...(q === undefined ? {} : { q: q.slice(0, 200) }) };
}

function first(value: string | string[] | undefined): string | undefined {
  const text = Array.isArray(value) ? value[0] : value;
  return text === "" ? undefined : text;
}
