import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";

/**
 * Where a request comes from, for throttles: the socket's address, or behind `trustedProxies` proxies the address that
 * the outermost of them saw. Each proxy adds one entry on the right of `X-Forwarded-For`; what stands further left
 * anybody may have written, so it is never read.
 */
export function clientAddress(
  request: Pick<IncomingMessage, "headers"> & { socket: { remoteAddress?: string | undefined } },
  trustedProxies: number,
): string {
  const peer = request.socket.remoteAddress ?? "unknown";
  if (trustedProxies === 0) return peer;
  const header = request.headers["x-forwarded-for"];
  const forwarded = (Array.isArray(header) ? header.join(",") : (header ?? "")).split(",").map((part) => part.trim());
  const named = forwarded.at(-trustedProxies);
  return named !== undefined && isIP(named) !== 0 ? named : peer;
}
