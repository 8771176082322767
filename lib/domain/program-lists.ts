/** What programs are filtered by and put in order by. */
export const PROGRAM_STATUSES = ["active", "suspended", "retired"] as const;
export const PROGRAM_SORTS = ["name", "requests", "blocked"] as const;
export type ProgramSort = (typeof PROGRAM_SORTS)[number];
