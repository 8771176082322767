/** Items in a list of a decision at most. */
export const LIST_MAX = 256;
/** Characters of a name of people, programs and publishers at most. */
export const LABEL_MAX = 100;
