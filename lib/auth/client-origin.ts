import type { ClientOrigin } from "./sign-in";

/** Set by the server's entry from the socket, replacing whatever a client sent under this name. */
export const CLIENT_ADDRESS_HEADER = "x-bulkhead-client-address";

export function clientOrigin(headers: Headers): Pick<ClientOrigin, "address" | "userAgent"> {
  return {
    address: headers.get(CLIENT_ADDRESS_HEADER) ?? "unknown",
    userAgent: headers.get("user-agent") ?? "",
  };
}
