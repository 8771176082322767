/** The address of the socket that a request came by; set by our server, whatever the client called itself. */
export const SOCKET_HEADER = "x-bulkhead-socket";

/** What proxies add: a request that has one was made elsewhere, though its socket is here. */
const FORWARDED = /^(forwarded|via|x-real-ip|x-forwarded-.+)$/;
const LOOPBACK_ADDRESS = /^(::1|(::ffff:)?127(\.\d{1,3}){3})$/;
/** Any other name was pointed here: by a proxy, or by a page whose name changes its address under a browser of this machine. */
const LOOPBACK_HOST = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i;

/** Whether a request was made on this machine: its socket and its Host say so, and nobody says that it was passed on. */
export function isLoopback({ headers }: Pick<Request, "headers">): boolean {
  const isHere =
    LOOPBACK_ADDRESS.test(headers.get(SOCKET_HEADER) ?? "") && LOOPBACK_HOST.test(headers.get("host") ?? "");
  return isHere && [...headers.keys()].every((name) => !FORWARDED.test(name));
}
