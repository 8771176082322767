import { once } from "node:events";
import { createServer, request } from "node:http";
import type { NodeHandler } from "./http-face";

/** Where the links lead that a development store prints, for a token that nobody has. */
const FIRST_PAGE = "/link/nobody";

/**
 * Has Next's development server compile what people come to first, while the process still opens: half of their wait is
 * that. It asks through a socket of its own, and what is answered does not matter: a page that is rendered before the
 * services are there fails, compiled. Raises what binding the socket or asking raises.
 */
export async function compileFirstPage(handler: NodeHandler, socketPath: string): Promise<void> {
  const server = createServer((req, res) => {
    res.on("error", () => undefined);
    void handler(req, res);
  });
  server.listen(socketPath);
  await once(server, "listening");
  try {
    const asked = request({ socketPath, path: FIRST_PAGE, agent: false }).end();
    const [answer] = await once(asked, "response");
    await once(answer.resume(), "end");
  } finally {
    server.close();
  }
}
