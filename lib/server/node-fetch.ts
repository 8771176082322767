import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { knownBody } from "@/lib/http/known-body";
import { refuseNode } from "@/lib/http/refuse-node";
import { isToldHeader, type Told, toldOf } from "@/lib/http/told";
import { AppError } from "@/lib/platform/errors";
import { PEER_HEADER } from "@/lib/sync/runtime/runtime-api";
import { SOCKET_HEADER } from "./loopback";

/** How long the rest of a body that nobody wants is let in, so that its sender can read why. */
const DRAIN_MS = 2_000;

/** How much of a body waits unread before its sender is held back. */
const BODY_AHEAD_BYTES = 256 * 1024;

/**
 * The body as a web stream. Unlike `Readable.toWeb`, giving it up leaves the connection open: a refusal of what is too
 * large must still reach its sender.
 */
function bodyOf(incoming: IncomingMessage): ReadableStream<Uint8Array> {
  let isOver = false;
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        incoming.on("data", (chunk: Buffer) => {
          if (isOver) return;
          controller.enqueue(chunk);
          if ((controller.desiredSize ?? 0) <= 0) incoming.pause();
        });
        incoming.on("end", () => {
          if (!isOver) controller.close();
          isOver = true;
        });
        incoming.on("error", (error) => {
          if (!isOver) controller.error(error);
          isOver = true;
        });
        incoming.pause();
      },
      pull() {
        incoming.resume();
      },
      cancel() {
        isOver = true;
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: BODY_AHEAD_BYTES }),
  );
}

function toHeaders(incoming: IncomingMessage, peer: string): Headers {
  const headers = new Headers();
  for (let index = 0; index < incoming.rawHeaders.length; index += 2) {
    headers.append(incoming.rawHeaders[index] ?? "", incoming.rawHeaders[index + 1] ?? "");
  }
  headers.set(PEER_HEADER, peer);
  headers.set(SOCKET_HEADER, incoming.socket.remoteAddress ?? "");
  return headers;
}

/**
 * A request without a body as far as routes look at one: a whole `Request` costs as much as all the rest of a cheap
 * answer together, for an abort signal that nobody asks for.
 */
class BodylessRequest {
  readonly body = null;

  constructor(
    readonly method: string,
    readonly url: string,
    readonly headers: Headers,
  ) {}

  /** Safe: the router and `route` read method, url, headers and body, and nothing else of a request without a body. */
  asRequest(): Request {
    return this as unknown as Request;
  }
}

function toRequest(incoming: IncomingMessage, peer: string): Request {
  const method = incoming.method ?? "GET";
  const headers = toHeaders(incoming, peer);
  const url = `http://localhost${incoming.url?.startsWith("/") ? incoming.url : "/"}`;
  if (method === "GET" || method === "HEAD") return new BodylessRequest(method, url, headers).asRequest();
  const init: RequestInit & { duplex: "half" } = { method, headers, body: bodyOf(incoming), duplex: "half" };
  return new Request(url, init);
}

/** Sends bytes as they are read, no faster than they are taken; as many as the headers say, or the connection ends. */
async function stream(content: AsyncIterable<Uint8Array>, outgoing: ServerResponse): Promise<void> {
  const wanted = Number(outgoing.getHeader("content-length"));
  let sent = 0;
  async function* exactly() {
    for await (const piece of content) {
      sent += piece.byteLength;
      if (sent > wanted) break;
      yield piece;
    }
    if (sent !== wanted) throw new Error(`an answer of ${wanted} bytes has others`);
  }
  await pipeline(exactly, outgoing);
}

/** Sends a whole answer. Where the request is still arriving, what is left of it is let in for a moment and dropped. */
export async function sendResponse(
  response: Response,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const known = knownBody(response);
  if (known !== undefined && typeof known !== "string" && !(known instanceof Uint8Array)) {
    outgoing.statusCode = response.status;
    for (const [name, value] of response.headers) if (!isToldHeader(name)) outgoing.setHeader(name, value);
    outgoing.setHeader("x-content-type-options", "nosniff");
    return await stream(known, outgoing);
  }
  const body = known ?? (response.body === null ? null : Buffer.from(await response.arrayBuffer()));
  outgoing.statusCode = response.status;
  for (const [name, value] of response.headers) if (!isToldHeader(name)) outgoing.setHeader(name, value);
  outgoing.setHeader("x-content-type-options", "nosniff");
  if (body !== null) outgoing.setHeader("content-length", Buffer.byteLength(body));
  if (incoming.complete) {
    outgoing.end(body);
    return;
  }
  outgoing.setHeader("connection", "close");
  outgoing.end(body);
  const timer = setTimeout(() => incoming.socket.destroy(), DRAIN_MS);
  incoming.once("close", () => clearTimeout(timer));
  incoming.once("end", () => clearTimeout(timer));
  incoming.on("error", () => undefined);
  incoming.resume();
}

/** Serves one request of plain node http by a fetch handler. Answers 400 to what is no request at all; never rejects. */
export async function serveFetch(
  handler: (request: Request) => Promise<Response>,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  {
    peer,
    onTold,
    onFailure,
  }: {
    peer: string;
    onTold(told: Told, requestId: string | null): void;
    onFailure(error: unknown): void;
  },
): Promise<void> {
  let request: Request;
  try {
    request = toRequest(incoming, peer);
  } catch {
    // Header values or a path that the standard's own types refuse: whoever sent them learns no more than that.
    const refusal = new AppError("invalid_input", "This is no request that can be read.");
    await refuseNode(outgoing, refusal, { headers: { connection: "close" } });
    return;
  }
  try {
    const response = await handler(request);
    onTold(
      toldOf((name) => response.headers.get(name)),
      response.headers.get("x-request-id"),
    );
    await sendResponse(response, incoming, outgoing);
  } catch (error) {
    onFailure(error);
    outgoing.destroy();
  }
}
