import type { TLSSocket } from "node:tls";
import type { EgressDecision, EgressRequest, EgressResult, TelemetryPort } from "../ports";
import { connectTls } from "./connect-tls";
import type { FindDevelopmentHost } from "./development-hosts";
import type { EgressBounds } from "./egress-bounds";
import type { NameShares } from "./name-shares";
import type { RequestTarget } from "./request-target";
import { resolvePublic } from "./resolve-name";
import { validatedChainPins } from "./validated-chain";

export type ConnectionOptions = {
  names: NameShares;
  isPublicAddress(address: string): boolean;
  findDevelopmentHost: FindDevelopmentHost;
  telemetry: TelemetryPort;
  /** Time for stored documents in whole seconds (spec §4); pins end by it. */
  policyNow(): number;
};

/** One hop that the policy allowed. */
export type EgressLeg = { url: string; hop: number; target: RequestTarget; decision: EgressDecision };

/** The boundary's own no, which no rule of a document decided. */
export function denyEgress(code: EgressDecision["code"], layer: EgressDecision["layer"] = "host"): EgressDecision {
  return { decision: "deny", code, layer, rule: null, pins: [] };
}

export type OpenedConnection = { ok: true; socket: TLSSocket } | { ok: false; result: EgressResult };

/**
 * Opens the connection of one hop: resolve once, check every answer, connect to a checked address with the name in SNI,
 * verify, compare pins (spec §5, Address). Not a byte of the request is sent before all of that held.
 */
export async function openConnection(
  options: ConnectionOptions,
  bounds: EgressBounds,
  request: EgressRequest,
  leg: EgressLeg,
  signal: AbortSignal,
): Promise<OpenedConnection> {
  const { url, hop, target, decision } = leg;
  const fail = (result: EgressResult): OpenedConnection => ({ ok: false, result });
  const connecting = AbortSignal.any([signal, AbortSignal.timeout(bounds.connectMs)]);
  const stand = options.findDevelopmentHost(target);
  const resolution = stand
    ? { ok: true as const, addresses: [stand.address] }
    : await resolvePublic(target.host, options.names.of(request.appId), options.isPublicAddress, connecting);
  if (!resolution) return fail({ outcome: "failed", reason: "connect_timeout" });
  if (!resolution.ok) {
    return resolution.reason === "not_public"
      ? fail({ outcome: "denied", url, hop, decision: denyEgress("ADDRESS_NOT_PUBLIC") })
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
    if (connection.reason === "tls_invalid")
      return fail({ outcome: "denied", url, hop, decision: denyEgress("TLS_INVALID") });
    return fail({ outcome: "failed", reason: connection.reason === "aborted" ? "connect_timeout" : "unreachable" });
  }
  if (!pinsHold(options, request, leg, connection.socket)) {
    connection.socket.destroy();
    return fail({ outcome: "denied", url, hop, decision: { ...denyEgress("PIN_MISMATCH"), rule: decision.rule } });
  }
  return { ok: true, socket: connection.socket };
}

/** Checks the pins of each rule that allowed this hop, before a byte of the request is sent. */
function pinsHold(options: ConnectionOptions, request: EgressRequest, leg: EgressLeg, socket: TLSSocket): boolean {
  const now = options.policyNow();
  const pins = leg.decision.pins.filter(({ until }) => now < until);
  if (pins.length === 0) return true;
  const chain = validatedChainPins(socket);
  const unmet = pins.filter(({ sha256 }) => !chain.some((pin) => sha256.includes(pin)));
  if (unmet.some(({ mode }) => mode === "enforce")) return false;
  if (unmet.length > 0) reportPins(options, request, leg);
  return true;
}

function reportPins({ telemetry }: ConnectionOptions, { appId, versionCode, purpose }: EgressRequest, leg: EgressLeg) {
  const { host, port } = leg.target;
  const { rule } = leg.decision;
  const detail = { mode: "report" };
  telemetry.recordEvent({
    ...{
      type: "attestation_failed",
      appId,
      versionCode,
      code: "PIN_MISMATCH",
      layer: "host",
      rule,
      host,
      port,
      purpose,
    },
    detail,
  });
}
