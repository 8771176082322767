/** Why a connection is no use any more; the server itself said nothing of it. */
export const CONNECTION_FAULTS = {
  CONNECT_TIMEOUT: "The server let nobody in within the time allowed.",
  ANSWER_TIMEOUT: "The server did not answer a statement within the time allowed.",
  CONNECTION_LOST: "The connection to the server was lost.",
  CONNECTION_CUT: "The connection was cut on our side.",
} as const;

export type ConnectionFaultCode = keyof typeof CONNECTION_FAULTS;

export class ConnectionFault extends Error {
  readonly code: ConnectionFaultCode;

  constructor(code: ConnectionFaultCode, cause?: unknown) {
    super(CONNECTION_FAULTS[code], { cause });
    this.name = "ConnectionFault";
    this.code = code;
  }
}

/** The connection was lost between the order to commit and the server's answer. */
export class OutcomeUnknown extends Error {
  readonly code = "OUTCOME_UNKNOWN";

  constructor(cause: unknown) {
    super("Whether the transaction was committed is not known.", { cause });
    this.name = "OutcomeUnknown";
  }
}
