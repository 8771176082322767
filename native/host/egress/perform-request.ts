import type { TLSSocket } from "node:tls";
import { resolveReference } from "../../core/decide/resolve-reference";
import type { EgressDecision, EgressPort, EgressRequest, EgressResult, TelemetryPort } from "../ports";
import { connectTls } from "./connect-tls";
import type { FindDevelopmentHost } from "./development-hosts";
import { EGRESS_BOUNDS, type EgressBounds, REDIRECTS_MAX } from "./egress-bounds";
import { exchange } from "./http-exchange";
import { fieldsForOtherOrigin, type RequestFields, readRequestFields, withoutBodyFields } from "./request-headers";
import { type RequestTarget, readRequestTarget } from "./request-target";
import { type ResolveName, resolvePublic } from "./resolve-name";
import { beginTransfer, type Transfer } from "./transfer";
import { validatedChainPins } from "./validated-chain";

export type EgressOptions = {
  resolve: ResolveName;
  isPublicAddress(address: string): boolean;
  findDevelopmentHost: FindDevelopmentHost;
  telemetry: TelemetryPort;
  /** Time for stored documents in whole seconds (spec §4); pins end by it. */
  policyNow(): number;
  bounds?: EgressBounds;
};

export type Egress = EgressPort & {
  /** Decides every transfer again; called when documents are applied. What is no longer allowed is cut at once. */
  recheck(): void;
  /** Number of transfers in flight. */
  readonly inFlight: number;
};

type Leg = { target: RequestTarget; decision: EgressDecision };
type Message = { method: string; fields: RequestFields; body: Uint8Array | undefined };

/**
 * Performs the requests that the policy allows (spec §5, Address and Bounds): decide, resolve once, check every answer,
 * connect to a checked address with the name in SNI, verify TLS and pins, and begin again at every redirect.
 */
export function createEgress(options: EgressOptions): Egress {
  const bounds = options.bounds ?? EGRESS_BOUNDS;
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
      const fields = readRequestFields(request.method, request.headers);
      if (!fields) return { outcome: "denied", url: request.url, decision: deny("INVALID_ARGUMENTS", "api") };
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

function deny(code: EgressDecision["code"], layer: EgressDecision["layer"] = "host"): EgressDecision {
  return { decision: "deny", code, layer, rule: null, pins: null };
}

/** Whatever the network said, a cut by the policy is a denial and one by time a time-out. */
function afterCut(result: EgressResult, request: EgressRequest, transfer: Transfer): EgressResult {
  switch (transfer.cut?.by) {
    case "policy":
      return { outcome: "denied", url: request.url, decision: transfer.cut.decision };
    case "time":
      return { outcome: "failed", reason: "timeout" };
    case "owner":
      return { outcome: "failed", reason: "aborted" };
    case undefined:
      return result;
  }
}

async function follow(
  options: EgressOptions,
  bounds: EgressBounds,
  request: EgressRequest,
  first: Message,
  transfer: Transfer,
): Promise<EgressResult> {
  let message = first;
  let url = request.url;
  let from: string | undefined;
  for (let hop = 0; ; hop++) {
    if (hop > REDIRECTS_MAX) return { outcome: "denied", url, decision: deny("REDIRECT_NOT_ALLOWED") };
    const decision = transfer.enter({ url, hop, from });
    const target = readRequestTarget(url, request.purpose);
    if (decision.decision === "deny") {
      countHost(options, request, target, "blocked");
      return { outcome: "denied", url, decision };
    }
    if (!target) return { outcome: "denied", url, decision: deny("URL_MALFORMED") };
    const opened = await open(options, bounds, request, { target, decision }, transfer.signal);
    if (!opened.ok) {
      if (opened.result.outcome === "denied") countHost(options, request, target, "blocked");
      return opened.result;
    }
    countHost(options, request, target, "allowed");
    const answer = await exchange(
      opened.socket,
      { target, ...message, bodyBytesMax: bounds.bodyBytes },
      transfer.signal,
    );
    const program = { appId: request.appId, versionCode: request.versionCode };
    options.telemetry.addToMinute(program, { bytesIn: answer.bytesIn, bytesOut: message.body?.byteLength ?? 0 });
    if (!answer.ok) return { outcome: "failed", reason: answer.reason };
    const location = redirectOf(answer.status, answer.headers);
    if (location === undefined) {
      return { outcome: "response", url, status: answer.status, headers: answer.headers, body: answer.body };
    }
    from = url;
    url = resolveReference(from, location);
    const next = readRequestTarget(url, request.purpose);
    message = messageForHop(message, answer.status, next?.origin === target.origin);
  }
}

type Opened = { ok: true; socket: TLSSocket } | { ok: false; result: EgressResult };

async function open(
  options: EgressOptions,
  bounds: EgressBounds,
  request: EgressRequest,
  { target, decision }: Leg,
  signal: AbortSignal,
): Promise<Opened> {
  const fail = (result: EgressResult): Opened => ({ ok: false, result });
  const url = request.url;
  const connecting = AbortSignal.any([signal, AbortSignal.timeout(bounds.connectMs)]);
  const stand = options.findDevelopmentHost(target);
  const resolution = stand
    ? { ok: true as const, addresses: [stand.address] }
    : await whileNotAborted(resolvePublic(target.host, options.resolve, options.isPublicAddress), connecting);
  if (!resolution) return fail({ outcome: "failed", reason: "connect_timeout" });
  if (!resolution.ok) {
    return resolution.reason === "not_public"
      ? fail({ outcome: "denied", url, decision: deny("ADDRESS_NOT_PUBLIC") })
      : fail({ outcome: "failed", reason: "unresolved" });
  }
  const connection = await connectTls(
    {
      addresses: resolution.addresses,
      port: stand?.port ?? target.port,
      serverName: target.host,
      ...(stand ? { authorityPem: stand.certificateAuthorityPem } : {}),
    },
    connecting,
  );
  if (!connection.ok) {
    if (connection.reason === "tls_invalid") return fail({ outcome: "denied", url, decision: deny("TLS_INVALID") });
    return fail({ outcome: "failed", reason: connection.reason === "aborted" ? "connect_timeout" : "unreachable" });
  }
  if (!pinsHold(options, request, { target, decision }, connection.socket)) {
    connection.socket.destroy();
    return fail({ outcome: "denied", url, decision: { ...deny("PIN_MISMATCH"), rule: decision.rule } });
  }
  return { ok: true, socket: connection.socket };
}

/** Checks the pins of the rule that allowed this hop, before a byte of the request is sent. */
function pinsHold(options: EgressOptions, request: EgressRequest, leg: Leg, socket: TLSSocket): boolean {
  const { pins } = leg.decision;
  if (!pins || options.policyNow() >= pins.until) return true;
  const chain = validatedChainPins(socket);
  if (chain.some((pin) => pins.sha256.includes(pin))) return true;
  if (pins.mode === "enforce") return false;
  options.telemetry.recordEvent({
    type: "attestation_failed",
    appId: request.appId,
    versionCode: request.versionCode,
    code: "PIN_MISMATCH",
    layer: "host",
    rule: leg.decision.rule,
    host: leg.target.host,
    port: leg.target.port,
    purpose: request.purpose,
    detail: { mode: "report" },
  });
  return true;
}

function countHost(
  options: EgressOptions,
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

function redirectOf(status: number, headers: Record<string, string>): string | undefined {
  return [301, 302, 303, 307, 308].includes(status) ? headers.location : undefined;
}

/** RFC 9110 §15.4 for the method; another origin gets neither body nor credentials. */
function messageForHop(message: Message, status: number, isSameOrigin: boolean): Message {
  const becomesGet =
    (status === 303 && message.method !== "HEAD") || ((status === 301 || status === 302) && message.method === "POST");
  const method = becomesGet ? "GET" : message.method;
  const dropsBody = becomesGet || !isSameOrigin;
  const fields = isSameOrigin ? message.fields : fieldsForOtherOrigin(message.fields);
  return dropsBody ? { method, fields: withoutBodyFields(fields), body: undefined } : { ...message, method, fields };
}

/** Resolves to `undefined` once the signal fires; what is still under way is then of no interest. */
function whileNotAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  if (signal.aborted) return Promise.resolve(undefined);
  return new Promise((resolve, reject) => {
    const onAbort = () => resolve(undefined);
    signal.addEventListener("abort", onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
