const ONE_RULE_ALLOWS =
  "of one host, port and purpose at most one rule allows, since overlaps are refused: every and some are the same of it";

/** Mutants that no test could notice, by their ids, and why: they change nothing that anybody could see. */
export const EQUIVALENT: Readonly<Record<string, string>> = {
  "02ea2490d0dd": ONE_RULE_ALLOWS,
  "0ba1511c73e4": ONE_RULE_ALLOWS,
  "0483e04542c7": "the entry that readiness tries is rolled back: nobody ever reads who wrote it",
  "0714ed24c11d": "of two equal instants either is the earlier one",
  "073f8d776b2c": "percentiles of no minutes are null together",
  "0f019dacda78": "members of a set are never equal",
};
