import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { refuseNode } from "@/lib/http/refuse-node";
import { createRouter, type RoutedHandler } from "@/lib/http/router";
import { AppError } from "@/lib/platform/errors";
import type { LeanContext } from "@/lib/services/context";
import { type ClientAddresses, createClientAddresses } from "./client-address";
import type { DocumentDoor } from "./document-door";
import { serveFetch } from "./node-fetch";
import type { RequestLine, RequestLog } from "./requests/request-log";

export type NodeHandler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

export type HttpFace = {
  server: Server;
  /** Until it is called, every request is answered 503. */
  serve(handler: NodeHandler): void;
  /** Takes no more requests, and resolves when the open ones are over or were cut off after the time given. */
  close(timeoutMs: number): Promise<void>;
};

/** A slow sender is cut off: no request takes longer to arrive, and its headers must be there sooner. */
const REQUEST_TIMEOUT_MS = 120_000;
const HEADERS_TIMEOUT_MS = 15_000;
const KEEP_ALIVE_MS = 30_000;

/** The standard's own types refuse them; no door has a route for them, and Next would call them its own failure. */
const FORBIDDEN_METHODS = new Set(["TRACE", "TRACK", "CONNECT"]);

/** Binds the port. Raises `unavailable`, naming it, where another process has it. */
export async function openHttpFace(host: string, port: number): Promise<HttpFace> {
  let handler: NodeHandler = (_, response) =>
    refuseNode(
      response,
      new AppError("unavailable", "The server is starting.", { retryAfterSeconds: 2, isOverload: true }),
    );
  const server = createServer(
    { requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: HEADERS_TIMEOUT_MS },
    (req, res) => {
      // What happens to a connection after its answer is nobody's error.
      res.on("error", () => undefined);
      void handler(req, res);
    },
  );
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const why = cause.code === "EADDRINUSE" ? "is used by another process" : `can't be bound (${cause.code})`;
      const message = `Port ${port} on ${host} ${why}.`;
      reject(
        new AppError("unavailable", message, { cause, details: [{ path: "/port", code: `${cause.code}`, message }] }),
      );
    });
    server.listen({ host, port, backlog: 4096 }, () => resolve());
  });
  return {
    server,
    serve(next) {
      handler = next;
    },
    close(timeoutMs) {
      return new Promise((resolve) => {
        const timer = setTimeout(() => server.closeAllConnections(), timeoutMs);
        server.close(() => {
          clearTimeout(timer);
          resolve();
        });
        server.closeIdleConnections();
      });
    },
  };
}

/** The port that was bound, where 0 was asked for. */
export function boundPort(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** What the lean face answers to: its described routes, and the streams and documents that it writes itself. */
export type LeanFace = {
  prefixes: readonly string[];
  routes: readonly RoutedHandler[];
  streams: ReadonlyMap<string, NodeHandler>;
  documents?: DocumentDoor;
};

/** What answers everything that is not the lean face's; `from` is the client's address, as it may be believed. */
export type OtherHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  call: { from: string; line: RequestLine },
) => void | Promise<void>;

const UNWRITTEN: RequestLine = { tell: () => undefined };

/** Devices, publishers' tools and streams by plain node http; everything else by `otherwise`. */
export function createNodeHandler(
  context: Pick<LeanContext, "ids" | "logger"> & { config: { baseUrl: string } },
  lean: LeanFace,
  otherwise: OtherHandler | null,
  around: { addresses?: ClientAddresses; requests?: Pick<RequestLog, "begin"> } = {},
): NodeHandler {
  const { addresses = createClientAddresses(0, context.logger), requests } = around;
  const router = createRouter(lean.routes, context);
  const onFailure = (error: unknown) => context.logger("warn", "answer_not_sent", { error });
  // By the address that the operator named, whatever a request says of itself: TLS may end in front of this process.
  const isSecure = context.config.baseUrl.startsWith("https:");
  return async (request, response) => {
    if (isSecure) response.setHeader("strict-transport-security", "max-age=63072000");
    if (FORBIDDEN_METHODS.has(request.method ?? "")) {
      return await refuseNode(response, new AppError("method_not_allowed", "No path takes this method."), context);
    }
    const path = request.url?.split("?", 1)[0] ?? "/";
    const from = addresses.of(request);
    const line = requests?.begin(request, response, from) ?? UNWRITTEN;
    const stream = lean.streams.get(path);
    if (stream !== undefined) line.tell({ route: path });
    if (stream !== undefined && request.method === "GET") return await stream(request, response);
    if (stream !== undefined) {
      const headers = { allow: "GET" };
      return await refuseNode(response, new AppError("method_not_allowed", "A stream is read by GET."), {
        ...context,
        headers,
      });
    }
    const document = request.method === "GET" ? (lean.documents?.(path) ?? null) : null;
    if (document !== null) return await document(request, response, line);
    if (otherwise !== null && !lean.prefixes.some((prefix) => path === prefix || path.startsWith(`${prefix}/`))) {
      return await otherwise(request, response, { from, line });
    }
    await serveFetch(router, request, response, {
      peer: from,
      onFailure,
      onTold: ({ route, actor }, requestId) =>
        line.tell({ requestId, ...(route === null ? {} : { route }), ...(actor === null ? {} : { who: actor }) }),
    });
  };
}
