import { connect as connectTcp } from "node:net";
import { connect, type TLSSocket } from "node:tls";

export type TlsTarget = {
  /** Checked addresses, tried in this order until one accepts the connection. */
  addresses: readonly string[];
  port: number;
  /** Goes into SNI and is what the certificate must name. */
  serverName: string;
  /** Trusted in place of the system's authorities; development hosts alone have one. */
  authorityPem?: string;
};

export type TlsConnection =
  | { ok: true; socket: TLSSocket }
  | { ok: false; reason: "unreachable" | "tls_invalid" | "aborted" };

/** Ends of the network, not of the certificate: the other side went away in the middle of the handshake. */
const NETWORK_ENDS = new Set(["ECONNRESET", "EPIPE", "ETIMEDOUT", "ECONNABORTED"]);

/**
 * Opens TLS to the first address that accepts, always verified, whatever the environment says. No proxy is ever used.
 * `signal` carries the bound on connecting; when it fires the attempt is given up.
 */
export async function connectTls(target: TlsTarget, signal: AbortSignal): Promise<TlsConnection> {
  let reason: "unreachable" | "aborted" = "unreachable";
  for (const address of target.addresses) {
    const attempt = await connectOne(target, address, signal);
    if (attempt.ok || attempt.reason === "tls_invalid") return attempt;
    reason = attempt.reason;
    if (signal.aborted) break;
  }
  return { ok: false, reason };
}

function connectOne(target: TlsTarget, address: string, signal: AbortSignal): Promise<TlsConnection> {
  if (signal.aborted) return Promise.resolve({ ok: false, reason: "aborted" });
  return new Promise((resolve) => {
    let isConnected = false;
    const tcp = connectTcp({ host: address, port: target.port });
    const socket = connect({
      socket: tcp,
      servername: target.serverName,
      rejectUnauthorized: true,
      minVersion: "TLSv1.2",
      ALPNProtocols: ["http/1.1"],
      ...(target.authorityPem === undefined ? {} : { ca: target.authorityPem }),
    });
    const finish = (result: TlsConnection) => {
      signal.removeEventListener("abort", onAbort);
      socket.removeListener("secureConnect", onSecure);
      if (!result.ok) {
        socket.destroy();
        tcp.destroy();
      }
      resolve(result);
    };
    const onAbort = () => finish({ ok: false, reason: "aborted" });
    const onSecure = () => finish(socket.authorized ? { ok: true, socket } : { ok: false, reason: "tls_invalid" });
    const onError = (error: NodeJS.ErrnoException) => {
      const isNetworkEnd = !isConnected || NETWORK_ENDS.has(error.code ?? "");
      finish({ ok: false, reason: isNetworkEnd ? "unreachable" : "tls_invalid" });
    };
    tcp.once("connect", () => {
      isConnected = true;
      tcp.setNoDelay(true);
    });
    tcp.on("error", onError);
    // Stays for the life of the socket: an error after the handshake is told by the exchange that runs on it.
    socket.on("error", onError);
    socket.once("secureConnect", onSecure);
    signal.addEventListener("abort", onAbort, { once: true });
  });
}
