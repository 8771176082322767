/** Mutants that no test could notice, by their ids, and why: they change nothing that anybody could see. */
export const EQUIVALENT: Readonly<Record<string, string>> = {};
