const ONE_RULE_ALLOWS =
  "of one host, port and purpose at most one rule allows, since overlaps are refused: every and some are the same of it";

const ONE_ROW = "a query that counts, and groups nothing, answers with one row: what stands in its place is never read";

/** Mutants that no test could notice, by their ids, and why: they change nothing that anybody could see. */
export const EQUIVALENT: Readonly<Record<string, string>> = {
  "02ea2490d0dd": ONE_RULE_ALLOWS,
  "0ba1511c73e4": ONE_RULE_ALLOWS,
  "0483e04542c7": "the entry that readiness tries is rolled back: nobody ever reads who wrote it",
  "0714ed24c11d": "of two equal instants either is the earlier one",
  "073f8d776b2c": "percentiles of no minutes are null together",
  "082fa85c9508": "no password has this hash, however long it is",
  "09973a0af693": "telemetry that was decided, or is shipped, has both values",
  "0c2f18a814c7": "the log's first entry is 1: no head tells of one before it",
  "0f019dacda78": "members of a set are never equal",
  "0fd81b00fc1c": "questions come in fours, since each is asked of every purpose: none is the one after two million",
  "0ffb166847dd": "sorting asks only whether the one is less than the other",
  "14e4ce42d9c9": "of two equal instants either is the later one",
  "15f55f7132f1": "a lock is known by some bytes of a digest, whichever they are",
  "1716a305a454": ONE_ROW,
  "18987e4ed38a": ONE_ROW,
  "18add64eb323": "the names of no ids are none, whether they are asked for or not",
};
