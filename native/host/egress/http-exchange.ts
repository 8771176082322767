import { type IncomingMessage, request } from "node:http";
import type { Readable } from "node:stream";
import type { TLSSocket } from "node:tls";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import type { EgressFailure } from "../ports";
import type { RequestFields } from "./request-headers";
import type { RequestTarget } from "./request-target";
import { whileNotAborted } from "./while-not-aborted";

export type ExchangeRequest = {
  target: RequestTarget;
  method: string;
  fields: RequestFields;
  body: Uint8Array | undefined;
  bodyBytesMax: number;
  roomForBody(): Promise<void>;
};

/** An answer longer than this waits for room. */
export const SMALL_BODY_BYTES = 64 * 1024;

export type ExchangeResult =
  | { ok: true; status: number; headers: Record<string, string>; body: Uint8Array; bytesIn: number }
  | { ok: false; reason: EgressFailure; bytesIn: number };

const HEADER_BYTES_MAX = 64 * 1024;
/** Fields about this one connection, and those that decoding the body makes untrue. */
const NOT_PASSED_ON = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Interim answers before the one that counts (RFC 9110 §15.2): a server that has only such has none. */
const INTERIM_MAX = 16;

/**
 * One request and its answer on a connection that is then closed. The body is counted while it streams, as received
 * and again after decompression, and cut off where it passes the bound (spec §5, Bounds). Whatever the other side does
 * or leaves undone, this ends when the signal fires.
 */
export async function exchange(socket: TLSSocket, spec: ExchangeRequest, signal: AbortSignal): Promise<ExchangeResult> {
  const received = { bytes: 0 };
  try {
    const answer = await whileNotAborted(converse(socket, spec, signal, received), signal);
    return answer ?? { ok: false, reason: "aborted", bytesIn: received.bytes };
  } finally {
    socket.destroy();
  }
}

async function converse(
  socket: TLSSocket,
  spec: ExchangeRequest,
  signal: AbortSignal,
  received: { bytes: number },
): Promise<ExchangeResult> {
  const fail = (reason: EgressFailure): ExchangeResult => ({ ok: false, reason, bytesIn: received.bytes });
  try {
    const response = await sendRequest(socket, spec, signal);
    response.on("data", (chunk: Buffer) => {
      received.bytes += chunk.byteLength;
      if (received.bytes > spec.bodyBytesMax) response.destroy(new BodyTooLarge());
    });
    const decoded = decode(response, spec.method);
    if (!decoded) return fail("bad_response");
    const body = await readBounded(decoded.stream, spec);
    if (!response.complete) return fail(signal.aborted ? "aborted" : "bad_response");
    return {
      ok: true,
      status: response.statusCode ?? 0,
      headers: passedOn(response, decoded.isDecoded),
      body,
      bytesIn: received.bytes,
    };
  } catch (error) {
    if (signal.aborted) return fail("aborted");
    if (error instanceof BodyTooLarge) return fail("response_too_large");
    return fail("bad_response");
  }
}

class BodyTooLarge extends Error {}
class NoAnswer extends Error {}

function sendRequest(socket: TLSSocket, spec: ExchangeRequest, signal: AbortSignal): Promise<IncomingMessage> {
  const { target, method, fields, body } = spec;
  const headers: Record<string, string> = { host: target.port === 443 ? target.host : target.origin };
  for (const [name, value] of fields) headers[name] = value;
  headers["accept-encoding"] ??= "gzip, deflate, br";
  if (body !== undefined || method === "POST" || method === "PUT" || method === "PATCH") {
    headers["content-length"] = String(body?.byteLength ?? 0);
  }
  return new Promise((resolve, reject) => {
    const outgoing = request({
      createConnection: () => socket,
      method,
      path: target.path,
      headers,
      setHost: false,
      maxHeaderSize: HEADER_BYTES_MAX,
      signal,
    });
    let interim = 0;
    outgoing.once("response", (response) => {
      if ((response.statusCode ?? 0) >= 200) resolve(response);
      else outgoing.destroy(new NoAnswer());
    });
    outgoing.on("information", () => {
      interim += 1;
      if (interim > INTERIM_MAX) outgoing.destroy(new NoAnswer());
    });
    // another protocol was never asked for: without a listener the request would end without a word
    outgoing.once("upgrade", () => reject(new NoAnswer()));
    outgoing.once("close", () => reject(new NoAnswer()));
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

function decode(response: IncomingMessage, method: string): { stream: Readable; isDecoded: boolean } | undefined {
  const hasNoBody = method === "HEAD" || response.statusCode === 204 || response.statusCode === 304;
  if (hasNoBody) return { stream: response, isDecoded: false };
  const encoding = (response.headers["content-encoding"] ?? "identity").trim().toLowerCase();
  if (encoding === "identity" || encoding === "") return { stream: response, isDecoded: false };
  const decoder = makeDecoder(encoding);
  if (!decoder) return undefined;
  response.on("error", (error) => decoder.destroy(error));
  response.on("aborted", () => decoder.destroy(new Error("the answer ended early")));
  return { stream: response.pipe(decoder), isDecoded: true };
}

function makeDecoder(encoding: string) {
  switch (encoding) {
    case "gzip":
    case "x-gzip":
      return createGunzip();
    case "deflate":
      return createInflate();
    case "br":
      return createBrotliDecompress();
    default:
      return undefined;
  }
}

async function readBounded(stream: Readable, { bodyBytesMax, roomForBody }: ExchangeRequest): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let hasRoom = false;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > bodyBytesMax) throw new BodyTooLarge();
    // what is not read meanwhile waits with its sender
    if (bytes > SMALL_BODY_BYTES && !hasRoom) await roomForBody();
    hasRoom ||= bytes > SMALL_BODY_BYTES;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function passedOn(response: IncomingMessage, isDecoded: boolean): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(response.headers)) {
    if (value === undefined || NOT_PASSED_ON.has(name)) continue;
    if (isDecoded && (name === "content-encoding" || name === "content-length")) continue;
    headers[name] = Array.isArray(value) ? value.join("\n") : value;
  }
  return headers;
}
