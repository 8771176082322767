/** How long a connection waits for what, in milliseconds; null waits for ever. */
export type Bounds = {
  /** For a connection, from the name's address to the server's word that it is ready. */
  connectMs: number;
  /** For one statement; the server ends it. */
  statementMs: number | null;
  /** For a lock that somebody else has; the server ends the statement. */
  lockMs: number | null;
  /** Between the statements of one transaction; the server ends the connection, and others get its locks. */
  idleInTransactionMs: number | null;
  /** For the answer to one statement. A server that says nothing at all is given up, and the connection with it. */
  answerMs: number | null;
};

/** For what people and devices wait for, and what the process does beside it. */
export const WORK: Bounds = {
  connectMs: 5_000,
  statementMs: 15_000,
  lockMs: 10_000,
  idleInTransactionMs: 10_000,
  answerMs: 18_000,
};

/** For migrations, backups, restores and checks: as long as they take, while somebody watches. */
export const LONG_WORK: Bounds = {
  connectMs: 5_000,
  statementMs: null,
  lockMs: null,
  idleInTransactionMs: null,
  answerMs: null,
};

/** For the connection that listens: a question to it is answered at once, or it is dead. */
export const LISTENING: Bounds = { ...WORK, answerMs: 2_000 };
