import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";

export type Upstreams = { port: number; requests(host: string): number; close(): Promise<void> };

/**
 * The hosts that the samples speak to: one HTTPS server on loopback. Programs reach it under their own names through
 * development hosts (spec §5), which only a development keyset allows.
 */
export async function startUpstreams(credentials: { keyPem: string; certificatePem: string }): Promise<Upstreams> {
  const counts = new Map<string, number>();
  const server: Server = createServer(
    { key: credentials.keyPem, cert: credentials.certificatePem },
    (request, response) => {
      const host = (request.headers.host ?? "").split(":")[0] ?? "";
      const count = (counts.get(host) ?? 0) + 1;
      counts.set(host, count);
      request.resume();
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ host, count, tide: count % 2 === 0 ? "ebb" : "flood" }));
    },
  );
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    // Safe: a listening TCP server has an address with a port.
    port: (server.address() as AddressInfo).port,
    requests: (host) => counts.get(host) ?? 0,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
