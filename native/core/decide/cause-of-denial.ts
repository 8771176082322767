/** Characters of a cause key (spec 5.23). */
const CAUSE_CHARACTERS = 16;

/** The cause that a denial's id begins with (spec 5.23), as it stands there: whoever made the id may have made it up. */
export const causeOfDenial = (denialId: string): string => denialId.slice(0, CAUSE_CHARACTERS);
