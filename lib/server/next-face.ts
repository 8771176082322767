import type { Server } from "node:http";
import next from "next";
import { findBuiltFiles } from "./built-files";
import type { NodeHandler } from "./http-face";

/** People's face: Next as a handler, its development server or the build in `.next`. */
export async function prepareNext(options: { dev: boolean; dir: string; port: number; server: Server }): Promise<{
  handler: NodeHandler;
  close(): Promise<void>;
}> {
  const { dev, dir, port, server } = options;
  const app = next({ dev, dir, hostname: "localhost", port, quiet: true, httpServer: server });
  await app.prepare();
  const handle = app.getRequestHandler();
  const builtFiles = dev ? () => null : await findBuiltFiles(dir);
  return {
    handler: (request, response) => (builtFiles(request) ?? handle)(request, response),
    close: () => app.close(),
  };
}
