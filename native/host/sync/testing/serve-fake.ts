import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { FakeServer } from "./fake-server";

/** Puts a scripted platform on a loopback port, for hosts that are processes of their own. */
export async function serveFake(server: FakeServer): Promise<{ url: string; close(): Promise<void> }> {
  const listener = createServer(async (request, response) => {
    const headers = Object.fromEntries(
      Object.entries(request.headers).flatMap(([name, value]) => (typeof value === "string" ? [[name, value]] : [])),
    );
    const url = `http://127.0.0.1${request.url}`;
    if (new URL(url).pathname.endsWith("/stream")) {
      const opened = await server.transport.openStream({ method: "GET", url, headers, timeoutMs: 0 });
      if (!opened.ok) return response.destroy();
      response.writeHead(opened.status, { "content-type": "text/event-stream" });
      response.on("close", opened.close);
      return opened.stream.pipe(response);
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const method = request.method === "POST" ? "POST" : "GET";
    const body = Buffer.concat(chunks);
    const answer = await server.transport.send({ method, url, headers, body, bytesMax: 0, timeoutMs: 0 });
    if (!answer.ok) return response.destroy();
    response.writeHead(answer.status, answer.headers).end(answer.body);
    return undefined;
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        listener.closeAllConnections();
        listener.close(() => resolve());
      }),
  };
}
