import type { AddressInfo } from "node:net";
import { createServer, type TLSSocket } from "node:tls";
import type { DevelopmentAuthority } from "../development-certificates";
import type { DevelopmentHost } from "../development-hosts";

/** A TLS server on loopback that says whatever a test has it say: no HTTP but the test's own. */
export type RawUpstream = { readonly developmentHost: DevelopmentHost; close(): Promise<void> };

export async function startRawUpstream(options: {
  host: string;
  authority: DevelopmentAuthority;
  /** Called once the beginning of a request was heard. */
  answer(socket: TLSSocket): void;
}): Promise<RawUpstream> {
  const { host, authority, answer } = options;
  const certificate = authority.issue({ names: [host] });
  const sockets = new Set<TLSSocket>();
  const server = createServer(
    { key: certificate.privateKeyPem, cert: certificate.chainPem, allowHalfOpen: true },
    (socket) => {
      sockets.add(socket);
      // whoever is cut off is no failure of the server's
      socket.on("error", () => undefined);
      socket.once("data", () => answer(socket));
    },
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    developmentHost: { host, address: "127.0.0.1", port, certificateAuthorityPem: authority.certificatePem },
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
