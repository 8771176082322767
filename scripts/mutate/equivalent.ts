const ONE_RULE_ALLOWS =
  "of one host, port and purpose at most one rule allows, since overlaps are refused: every and some are the same of it";

/** Mutants that no test could notice, by their ids, and why: they change nothing that anybody could see. */
export const EQUIVALENT: Readonly<Record<string, string>> = {
  "02ea2490d0dd": ONE_RULE_ALLOWS,
  "0ba1511c73e4": ONE_RULE_ALLOWS,
  "0483e04542c7": "the entry that readiness tries is rolled back: nobody ever reads who wrote it",
};
