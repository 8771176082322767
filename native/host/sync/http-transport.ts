import * as http from "node:http";
import * as https from "node:https";
import type { Readable } from "node:stream";
import { createBrotliDecompress, createGunzip } from "node:zlib";

export type HttpRequest = {
  method: "GET" | "POST";
  url: string;
  headers: Readonly<Record<string, string>>;
  body?: Uint8Array;
  /** Most bytes of the answer, as received and again after decompression; it is cut off where it passes them. */
  bytesMax: number;
  timeoutMs: number;
  signal?: AbortSignal;
};

export type HttpFailure = "tls" | "timeout" | "unreachable" | "too_large" | "aborted";
export type HttpAnswer =
  | { ok: true; status: number; headers: http.IncomingHttpHeaders; body: Uint8Array }
  | { ok: false; reason: HttpFailure };
export type HttpStream =
  | { ok: true; status: number; headers: http.IncomingHttpHeaders; stream: Readable; close(): void }
  | { ok: false; reason: HttpFailure };

/** How the host reaches its platform. Redirects are never followed and no proxy is used. */
export type HttpTransport = {
  send(request: HttpRequest): Promise<HttpAnswer>;
  /** Resolves when the headers are there; `timeoutMs` bounds that alone, `bytesMax` does not apply. */
  openStream(request: Omit<HttpRequest, "bytesMax">): Promise<HttpStream>;
  close(): void;
};

export type TransportOptions = {
  /** Trusted in place of the system's authorities for the platform's own address. */
  authorityPem?: string;
};

class TooLarge extends Error {}

export function createHttpTransport(options: TransportOptions = {}): HttpTransport {
  const tls = { keepAlive: true, maxSockets: 8, rejectUnauthorized: true, minVersion: "TLSv1.2" as const };
  const secure = new https.Agent(options.authorityPem === undefined ? tls : { ...tls, ca: options.authorityPem });
  const plain = new http.Agent({ keepAlive: true, maxSockets: 8 });

  function start(request: Omit<HttpRequest, "bytesMax">, signal: AbortSignal): Promise<http.IncomingMessage> {
    const isSecure = request.url.startsWith("https:");
    const settings = {
      method: request.method,
      headers: {
        ...request.headers,
        ...(request.body === undefined ? {} : { "content-length": String(request.body.byteLength) }),
      },
      signal,
    };
    return new Promise((resolve, reject) => {
      const outgoing = isSecure
        ? https.request(request.url, { ...settings, agent: secure })
        : http.request(request.url, { ...settings, agent: plain });
      outgoing.once("response", resolve);
      outgoing.on("error", reject);
      outgoing.end(request.body);
    });
  }

  return {
    async send(request) {
      const time = AbortSignal.timeout(request.timeoutMs);
      const signal = request.signal ? AbortSignal.any([time, request.signal]) : time;
      const headers = { "accept-encoding": "gzip, br", ...request.headers };
      try {
        const response = await start({ ...request, headers }, signal);
        const body = await readBody(response, request.bytesMax);
        return { ok: true, status: response.statusCode ?? 0, headers: response.headers, body };
      } catch (error) {
        return { ok: false, reason: failureOf(error, time, request.signal) };
      }
    },
    async openStream(request) {
      const controller = new AbortController();
      const timer = setTimeout(
        () => controller.abort(new DOMException("no answer", "TimeoutError")),
        request.timeoutMs,
      );
      const signal = request.signal ? AbortSignal.any([controller.signal, request.signal]) : controller.signal;
      try {
        const response = await start(request, signal);
        response.on("error", () => response.destroy());
        const { statusCode: status = 0, headers } = response;
        return { ok: true, status, headers, stream: response, close: () => response.destroy() };
      } catch (error) {
        return { ok: false, reason: failureOf(error, controller.signal, request.signal) };
      } finally {
        clearTimeout(timer);
      }
    },
    close() {
      secure.destroy();
      plain.destroy();
    },
  };
}

async function readBody(response: http.IncomingMessage, bytesMax: number): Promise<Uint8Array> {
  let received = 0;
  response.on("data", (chunk: Buffer) => {
    received += chunk.byteLength;
    if (received > bytesMax) response.destroy(new TooLarge());
  });
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of decoded(response) as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > bytesMax) {
      response.destroy();
      throw new TooLarge();
    }
    chunks.push(chunk);
  }
  if (!response.complete) throw new Error("the answer ended early");
  return Buffer.concat(chunks);
}

function decoded(response: http.IncomingMessage): Readable {
  const encoding = response.headers["content-encoding"]?.toLowerCase();
  const decoder = encoding === "gzip" ? createGunzip() : encoding === "br" ? createBrotliDecompress() : undefined;
  if (!decoder) return response;
  response.on("error", (error) => decoder.destroy(error));
  return response.pipe(decoder);
}

/** Codes of Node and OpenSSL that speak of the certificate or the handshake. */
const TLS_CODE = /^(ERR_TLS|ERR_SSL|EPROTO|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO)|_SIGNATURE|HOSTNAME_MISMATCH/;

function failureOf(error: unknown, time: AbortSignal, owner: AbortSignal | undefined): HttpFailure {
  if (owner?.aborted) return "aborted";
  if (error instanceof TooLarge) return "too_large";
  if (time.aborted) return "timeout";
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return TLS_CODE.test(code) ? "tls" : "unreachable";
}
