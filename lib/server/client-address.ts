import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import type { Logger } from "@/lib/platform/logger";
import type { Check } from "./readiness/create-readiness";

type AddressedRequest = Pick<IncomingMessage, "headers"> & { socket: { remoteAddress?: string | undefined } };

/** Tells the clients of one process apart. */
export type ClientAddresses = {
  /** Under `OWN_MARK_HEADER` in what this process hands on to itself; nobody else knows it. */
  ownMark: string;
  of(request: AddressedRequest): string;
  /** Warns once a request has named a proxy and none is trusted. */
  check: Check;
};

export const OWN_MARK_HEADER = "x-bulkhead-own";

const UNTRUSTED =
  "A request came with X-Forwarded-For, and no proxy is trusted. Where one stands in front, all people behind it have its address here, and one who mistypes makes the account's owner wait too.";
const REMEDY =
  "Set BULKHEAD_TRUSTED_PROXIES to the number of proxies in front, and start again. Without a proxy it is a client's own claim, which is not believed.";

/** Clients by `clientAddress`. An `X-Forwarded-For` that no trusted proxy can have written is logged once. */
export function createClientAddresses(trustedProxies: number, logger: Logger): ClientAddresses {
  let isForwardedUntrusted = false;
  const ownMark = randomBytes(16).toString("hex");
  return {
    ownMark,
    of(request) {
      const { headers } = request;
      // After a form Next asks this process for the next page: with the headers of the form, as they were handed on to it.
      const isOwn = headers[OWN_MARK_HEADER] === ownMark;
      if (trustedProxies === 0 && !isForwardedUntrusted && !isOwn && headers["x-forwarded-for"] !== undefined) {
        isForwardedUntrusted = true;
        logger("warn", "forwarded_for_untrusted", { says: UNTRUSTED, remedy: REMEDY });
      }
      return clientAddress(request, trustedProxies);
    },
    check: {
      name: "client_addresses",
      async run() {
        if (isForwardedUntrusted) return { state: "warn", says: UNTRUSTED, remedy: REMEDY };
        if (trustedProxies > 0) return { state: "ok", says: `Trusted proxies in front: ${trustedProxies}.` };
        return { state: "ok", says: "No request came by a proxy." };
      },
    },
  };
}

/**
 * Where a request comes from, for throttles: the socket's address, or behind `trustedProxies` proxies the address that
 * the outermost of them saw. Each proxy adds one entry on the right of `X-Forwarded-For`; what stands further left
 * anybody may have written, so it is never read.
 */
export function clientAddress(request: AddressedRequest, trustedProxies: number): string {
  const peer = request.socket.remoteAddress ?? "unknown";
  if (trustedProxies === 0) return peer;
  const header = request.headers["x-forwarded-for"];
  const forwarded = (Array.isArray(header) ? header.join(",") : (header ?? "")).split(",").map((part) => part.trim());
  const named = forwarded.at(-trustedProxies);
  return named !== undefined && isIP(named) !== 0 ? named : peer;
}
