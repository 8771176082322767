import type { EgressDecision, EgressRequest } from "../ports";

/** The hop that a request is at, so that the policy of this moment can be asked about it again. */
export type Hop = { url: string; hop: number; from: string | undefined };

/** One request in flight: it can be cut by its owner, by time and by a policy that no longer allows it. */
export type Transfer = {
  readonly signal: AbortSignal;
  /** Asks for the hop and remembers it as the one that runs. */
  enter(hop: Hop): EgressDecision;
  /** Asks again about the hop that runs; cuts the transfer where the answer is no longer `allow`. */
  recheck(): void;
  /** The URL of the hop that runs, and its number. */
  readonly url: string | undefined;
  readonly hop: number;
  /** Why it was cut, if it was. */
  readonly cut: { by: "policy"; decision: EgressDecision } | { by: "time" } | { by: "owner" } | undefined;
  end(): void;
};

export function beginTransfer(request: EgressRequest, totalMs: number): Transfer {
  const controller = new AbortController();
  let running: Hop | undefined;
  let cut: Transfer["cut"];
  const cutWith = (reason: NonNullable<Transfer["cut"]>) => {
    if (cut) return;
    cut = reason;
    controller.abort();
  };
  const onOwnerAbort = () => cutWith({ by: "owner" });
  if (request.signal.aborted) onOwnerAbort();
  request.signal.addEventListener("abort", onOwnerAbort, { once: true });
  const timer = setTimeout(() => cutWith({ by: "time" }), totalMs);
  const decide = (hop: Hop) => request.decide(hop.url, request.purpose, hop.hop, hop.from);
  return {
    signal: controller.signal,
    enter(hop) {
      running = hop;
      return decide(hop);
    },
    recheck() {
      if (!running || cut) return;
      const decision = decide(running);
      if (decision.decision === "deny") cutWith({ by: "policy", decision });
    },
    get url() {
      return running?.url;
    },
    get hop() {
      return running?.hop ?? 0;
    },
    get cut() {
      return cut;
    },
    end() {
      clearTimeout(timer);
      request.signal.removeEventListener("abort", onOwnerAbort);
    },
  };
}
