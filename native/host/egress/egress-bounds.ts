/** Bounds of one request on a program's behalf (spec §5, Bounds). A test may give shorter ones; nothing else may. */
export type EgressBounds = {
  /** Names, TCP and TLS together, a hop. */
  connectMs: number;
  /** The whole of it, redirects included. */
  totalMs: number;
  /** A body, either way; counted as received and again after decompression. */
  bodyBytes: number;
  /** How often a running transfer is decided again, beside each application of documents. */
  recheckMs: number;
};

export const EGRESS_BOUNDS: EgressBounds = {
  connectMs: 10_000,
  totalMs: 60_000,
  bodyBytes: 8 * 1024 * 1024,
  recheckMs: 250,
};

/** The sixth hop is refused before it is looked at. */
export const REDIRECTS_MAX = 5;
