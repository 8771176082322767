import type { Misfit } from "../../core/decide/call-parameters";
import { describeCode } from "../../core/decide/describe-refusal";
import { resolveReference } from "../../core/decide/resolve-reference";
import type { EgressPort, EgressRequest, EgressResult } from "../ports";
import { EGRESS_BOUNDS, type EgressBounds, REDIRECTS_MAX } from "./egress-bounds";
import { exchange } from "./http-exchange";
import { createNameShares } from "./name-shares";
import { type ConnectionOptions, denyEgress, openConnection } from "./open-connection";
import { type HopMessage, messageForHop, redirectLocation } from "./redirect-message";
import { readRequestFields } from "./request-headers";
import { type RequestTarget, readRequestTarget } from "./request-target";
import type { ResolveName } from "./resolve-name";
import { beginTransfer, type Transfer } from "./transfer";

export type EgressOptions = Omit<ConnectionOptions, "names"> & { resolve: ResolveName; bounds?: EgressBounds };

export type Egress = EgressPort & {
  /** Decides every transfer again; called when documents are applied. What is no longer allowed is cut at once. */
  recheck(): void;
  /** Number of transfers in flight. */
  readonly inFlight: number;
};

/**
 * Performs the requests that the policy allows (spec §5, Address and Bounds): decide, resolve once, check every answer,
 * connect to a checked address with the name in SNI, verify TLS and pins, and begin again at every redirect.
 */
export function createEgress({ resolve, ...given }: EgressOptions): Egress {
  const bounds = given.bounds ?? EGRESS_BOUNDS;
  const options: ConnectionOptions = { ...given, names: createNameShares(resolve) };
  const transfers = new Set<Transfer>();
  let rechecking: NodeJS.Timeout | undefined;

  const recheck = () => {
    for (const transfer of transfers) transfer.recheck();
  };
  const keepRechecking = () => {
    if (transfers.size > 0 && !rechecking) rechecking = setInterval(recheck, bounds.recheckMs);
    if (transfers.size === 0 && rechecking) {
      clearInterval(rechecking);
      rechecking = undefined;
    }
  };

  return {
    recheck,
    get inFlight() {
      return transfers.size;
    },
    async request(request) {
      const read = readRequestFields(request.method, request.headers);
      if (!read.ok) return refuseArgument(request.url, read.misfit);
      const { fields } = read;
      if ((request.body?.byteLength ?? 0) > bounds.bodyBytes) return { outcome: "failed", reason: "request_too_large" };
      const transfer = beginTransfer(request, bounds.totalMs);
      transfers.add(transfer);
      keepRechecking();
      try {
        const message = { method: request.method, fields, body: request.body };
        const result = await follow(options, bounds, request, message, transfer);
        return afterCut(result, request, transfer);
      } finally {
        transfer.end();
        transfers.delete(transfer);
        keepRechecking();
      }
    },
  };
}

/** What the schema of the call leaves to whoever frames the request (spec §5, Bounds). */
function refuseArgument(url: string, misfit: Misfit): EgressResult {
  const explained = { ...describeCode("INVALID_ARGUMENTS"), ...misfit };
  return { outcome: "denied", url, hop: 0, decision: { ...denyEgress("INVALID_ARGUMENTS", "api"), explained } };
}

/** Whatever the network said, a cut by the policy is a denial and one by time a time-out. */
function afterCut(result: EgressResult, request: EgressRequest, transfer: Transfer): EgressResult {
  switch (transfer.cut?.by) {
    case "policy":
      return {
        ...{ outcome: "denied", url: transfer.url ?? request.url, hop: transfer.hop },
        decision: transfer.cut.decision,
      };
    case "time":
      return { outcome: "failed", reason: "timeout" };
    case "owner":
      return { outcome: "failed", reason: "aborted" };
    case undefined:
      return result;
  }
}

async function follow(
  options: ConnectionOptions,
  bounds: EgressBounds,
  request: EgressRequest,
  first: HopMessage,
  transfer: Transfer,
): Promise<EgressResult> {
  const roomForBody = once(() => request.roomForBody());
  let message = first;
  let url = request.url;
  let from: string | undefined;
  for (let hop = 0; ; hop++) {
    if (hop > REDIRECTS_MAX) return { outcome: "denied", url, hop, decision: denyEgress("REDIRECT_NOT_ALLOWED") };
    const decision = transfer.enter({ url, hop, from });
    const target = readRequestTarget(url, request.purpose);
    if (decision.decision === "deny") {
      countHost(options, request, target, "blocked");
      return { outcome: "denied", url, hop, decision };
    }
    if (!target) return { outcome: "denied", url, hop, decision: denyEgress("URL_MALFORMED") };
    const opened = await openConnection(options, bounds, request, { url, hop, target, decision }, transfer.signal);
    if (!opened.ok) {
      if (opened.result.outcome === "denied") countHost(options, request, target, "blocked");
      return opened.result;
    }
    countHost(options, request, target, "allowed");
    const answer = await exchange(
      opened.socket,
      { target, ...message, bodyBytesMax: bounds.bodyBytes, roomForBody },
      transfer.signal,
    );
    const program = { appId: request.appId, versionCode: request.versionCode };
    options.telemetry.addToMinute(program, { bytesIn: answer.bytesIn, bytesOut: message.body?.byteLength ?? 0 });
    if (!answer.ok) return { outcome: "failed", reason: answer.reason };
    const location = redirectLocation(answer.status, answer.headers);
    if (location === undefined) {
      return { outcome: "response", url, status: answer.status, headers: answer.headers, body: answer.body };
    }
    from = url;
    url = resolveReference(from, location);
    const next = readRequestTarget(url, request.purpose);
    message = messageForHop(message, answer.status, next?.origin === target.origin);
  }
}

/** Room that one hop was given is the next one's, too. */
function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => {
    done ??= work();
    return done;
  };
}

function countHost(
  options: ConnectionOptions,
  request: EgressRequest,
  target: RequestTarget | undefined,
  outcome: "allowed" | "blocked",
): void {
  if (!target) return;
  options.telemetry.addToMinute(
    { appId: request.appId, versionCode: request.versionCode },
    { hosts: [{ host: target.host, port: target.port, purpose: request.purpose, [outcome]: 1 }] },
  );
}
