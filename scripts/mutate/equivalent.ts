const ONE_RULE_ALLOWS =
  "of one host, port and purpose at most one rule allows, since overlaps are refused: every and some are the same of it";

const ONE_ROW = "a query that counts, and groups nothing, answers with one row: what stands in its place is never read";

const SIGN = "sorting asks for the sign alone";
const TWO_SPELLINGS = "two spellings of a syllable are taken apart to the same letters, put together or not";

/** Mutants that no test could notice, by their ids, and why: they change nothing that anybody could see. */
export const EQUIVALENT: Readonly<Record<string, string>> = {
  "000906e04e39": "a program without a document was answered a line above",
  "00c49f61df7a": TWO_SPELLINGS,
  "0159ef7f9aae": "a drop of nothing changes nothing",
  "01600a22a92d": "a code point that nothing composes with is composed with nothing",
  "0174328006b1": "an entry's fiftieth host is the first that can be the rest",
  "01ce9a884693": "a code point that nothing composes with is composed with nothing",
  "030889e577c1": SIGN,
  "03298d9e7633": "before the first starter there is nothing to be blocked from",
  "03519ed5b998": "a stored document was within its size when it came, and is not measured again to any end",
  "05c0b9c13642": "either is more than an octet holds",
  "068213dbdf1d": "a pair of the table has both its members",
  "069d381dfe92": "a step that could be spared some work does it",
  "08d817e11852": "a length that may be blocked is looked up, and found in no table",
  "0925e19442d8": SIGN,
  "09433fefa7c8": "a call without a grant was refused before its rate",
  "0959f8a856a0": "no two blocked hosts stand in one place",
  "0aef1ccf7a53": "an octet below the length of both is there",
  "0b47b5fe5eb5": "a code of no length is no code, however many there are",
  "0c4dd9512cd9": "between two gaps stands a group of nothing, which is none",
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
  "10ccd88cc997":
    "of two edits that narrow together one narrows by itself: a million drawn pairs had none that did not",
  "14e4ce42d9c9": "of two equal instants either is the later one",
  "15f55f7132f1": "a lock is known by some bytes of a digest, whichever they are",
  "1716a305a454": ONE_ROW,
  "18987e4ed38a": ONE_ROW,
  "1149fe64e7ae": "a run ends at the last point: there is none past it",
  "11826fe3dfb3": "a symbol that has a base has its bits",
  "121d83ec6cce": "four bytes are taken of however many",
  "18add64eb323": "the names of no ids are none, whether they are asked for or not",
};
