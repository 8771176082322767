/** Closed lists of states that tables, shapes and pages share. */
export const CHANGE_SET_STATES = [
  "draft",
  "proposed",
  "approved",
  "published",
  "discarded",
  "withdrawn",
  "refused",
  "void",
] as const;
export type ChangeSetState = (typeof CHANGE_SET_STATES)[number];
/** Somebody may still do something with it; in every other state it has ended, an undo being a set of its own. */
export const OPEN_CHANGE_SET_STATES = ["draft", "proposed", "approved"] as const satisfies readonly ChangeSetState[];
export const isOpenChangeSet = (state: ChangeSetState): boolean =>
  OPEN_CHANGE_SET_STATES.some((open) => open === state);

/** What one change does by itself: allows less, allows more (or is not proven to allow less), or neither. */
export const CHANGE_DIRECTIONS = ["narrows", "widens", "neutral"] as const;
export type ChangeDirection = (typeof CHANGE_DIRECTIONS)[number];

export const VERSION_STATES = ["submitted", "listed", "refused", "withdrawn"] as const;
export type VersionState = (typeof VERSION_STATES)[number];

export const PERSON_STATES = ["invited", "active", "disabled"] as const;
export type PersonState = (typeof PERSON_STATES)[number];

export const ENVIRONMENTS = ["production", "development"] as const;
export type Environment = (typeof ENVIRONMENTS)[number];

export const SIGN_IN_LINK_PURPOSES = ["setup", "invite", "reset", "development"] as const;
export type SignInLinkPurpose = (typeof SIGN_IN_LINK_PURPOSES)[number];

/** Through whose hands a password came to be: the server's own set-up link, one person's, or two people's halves. */
export const SIGN_IN_GIVERS = ["setup", "one", "two"] as const;
export type SignInGiver = (typeof SIGN_IN_GIVERS)[number];

/** What a document handed back by a device may stop that this store does not: a program, or a host and the names below it. */
export const HELD_NARROWING_KINDS = ["suspension", "blockedHost"] as const;

/**
 * Of such a narrowing: nobody looked yet and it stays in force, this store's own state has it now, or a newer document
 * of ours no longer had it.
 */
export const HELD_NARROWING_VERDICTS = ["unknown", "kept", "lifted"] as const;
