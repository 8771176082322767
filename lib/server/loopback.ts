/** The address of the socket that a request came by; set by our server, whatever the client called itself. */
export const SOCKET_HEADER = "x-bulkhead-socket";

/** What proxies add: a request that has one was made elsewhere, though its socket is here. */
const FORWARDED = ["forwarded", "x-forwarded-for", "x-real-ip", "via"] as const;

/** Whether a request was made on this machine: its socket says so, and nobody says that it was passed on. */
export function isLoopback({ headers }: Pick<Request, "headers">): boolean {
  const address = headers.get(SOCKET_HEADER) ?? "";
  const isHere = address === "::1" || /^(::ffff:)?127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(address);
  return isHere && FORWARDED.every((name) => !headers.has(name));
}
