import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { createDevelopmentAuthority, type DevelopmentAuthority, type IssueOptions } from "../development-certificates";
import type { DevelopmentHost } from "../development-hosts";

/** An HTTPS server on loopback with a certificate of a throw-away authority, and what it has been sent. */
export type LocalUpstream = {
  readonly host: string;
  readonly port: number;
  readonly requests: { method: string; path: string; headers: IncomingMessage["headers"]; body: Buffer }[];
  readonly connections: number;
  readonly leafSpkiSha256: string;
  /** As an embedder would hand it to the runtime. */
  readonly developmentHost: DevelopmentHost;
  close(): Promise<void>;
};

export function newTestAuthority(nowMs = Date.now()): DevelopmentAuthority {
  return createDevelopmentAuthority({ commonName: "Upstream test authority", nowMs, randomBytes });
}

export async function startLocalUpstream(options: {
  host: string;
  authority: DevelopmentAuthority;
  certificate?: IssueOptions;
  /** Certificates sent after the server's own chain. */
  appendedPem?: string;
  answer(request: IncomingMessage, response: ServerResponse, body: Buffer): void;
}): Promise<LocalUpstream> {
  const { host, authority } = options;
  const certificate = authority.issue(options.certificate ?? { names: [host] });
  const requests: LocalUpstream["requests"] = [];
  let connections = 0;
  const server = createServer(
    { key: certificate.privateKeyPem, cert: certificate.chainPem + (options.appendedPem ?? "") },
    async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const body = Buffer.concat(chunks);
      requests.push({ method: request.method ?? "", path: request.url ?? "", headers: request.headers, body });
      options.answer(request, response, body);
    },
  );
  server.on("connection", () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    host,
    port,
    requests,
    get connections() {
      return connections;
    },
    leafSpkiSha256: certificate.spkiSha256,
    developmentHost: { host, address: "127.0.0.1", port, certificateAuthorityPem: authority.certificatePem },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
