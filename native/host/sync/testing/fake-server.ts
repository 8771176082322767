import { PassThrough } from "node:stream";
import { type TelemetryBatch, telemetryBatchShape } from "../../../core/telemetry/batch";
import { BUNDLE_SIGNATURE_HEADER } from "../../../core/wire/bundle-signature";
import type { HttpAnswer, HttpRequest, HttpTransport } from "../http-transport";

const BASE = "/api/runtime/v1";

export type Answerer = (request: HttpRequest, path: string) => HttpAnswer | undefined | Promise<HttpAnswer | undefined>;

/** A policy service that answers what the test gave it, and can be made to answer anything else. */
export type FakeServer = {
  transport: HttpTransport;
  /** `METHOD /path`, in the order in which they came. */
  readonly requests: string[];
  readonly batches: TelemetryBatch[];
  keysets: Map<number, Uint8Array>;
  platform: Uint8Array | undefined;
  programs: Map<string, Uint8Array>;
  bundles: Map<string, { bytes: Uint8Array; signature: Uint8Array }>;
  nextIntervalSeconds: number;
  /** Asked first; what it answers is sent instead. */
  intercept: Answerer | undefined;
  /** Sends an event on every open stream. */
  push(event: string, data?: unknown): void;
  endStreams(): void;
  readonly openStreams: number;
};

export function ok(body: Uint8Array | string, headers: Record<string, string> = {}): HttpAnswer {
  return { ok: true, status: 200, headers, body: typeof body === "string" ? Buffer.from(body) : body };
}

export function refusal(
  status: number,
  code: string,
  extra: object = {},
  headers: Record<string, string> = {},
): HttpAnswer {
  const body = Buffer.from(JSON.stringify({ requestId: "req_1", error: { code, message: "no", ...extra } }));
  return { ok: true, status, headers, body };
}

export function createFakeServer(serverSeconds: () => number): FakeServer {
  const streams = new Set<PassThrough>();
  let tokens = 0;

  function document(bytes: Uint8Array | undefined, request: HttpRequest): HttpAnswer {
    if (!bytes) return refusal(404, "not_found");
    const etag = `"${Buffer.from(bytes).subarray(-20).toString("base64url")}"`;
    if (request.headers["if-none-match"] === etag)
      return { ok: true, status: 304, headers: { etag }, body: Buffer.alloc(0) };
    return ok(bytes, { etag });
  }

  function route(request: HttpRequest, path: string): HttpAnswer {
    const [, kind, name = ""] = path.split("/");
    switch (kind) {
      case "keyset":
        return document(name === "" ? [...server.keysets.values()].at(-1) : server.keysets.get(Number(name)), request);
      case "platform":
        return document(server.platform, request);
      case "programs":
        return document(server.programs.get(decodeURIComponent(name)), request);
      case "bundles": {
        const found = server.bundles.get(name);
        if (!found) return refusal(404, "not_found");
        return ok(found.bytes, { [BUNDLE_SIGNATURE_HEADER]: Buffer.from(found.signature).toString("base64url") });
      }
      case "enroll":
        return ok(JSON.stringify({ deviceId: "dev_1", platform: "superapp.test", serverTime: serverSeconds() }));
      case "token":
        tokens += 1;
        return ok(
          JSON.stringify({ accessToken: `token-${tokens}`, expiresInSeconds: 600, serverTime: serverSeconds() }),
        );
      case "telemetry": {
        const batch = telemetryBatchShape.parse(JSON.parse(Buffer.from(request.body ?? []).toString()));
        server.batches.push(batch);
        return ok(
          JSON.stringify({ accepted: 0, rejected: [], nextIntervalSeconds: server.nextIntervalSeconds, sampling: 100 }),
        );
      }
      default:
        return refusal(404, "not_found");
    }
  }

  const server: FakeServer = {
    requests: [],
    batches: [],
    keysets: new Map(),
    platform: undefined,
    programs: new Map(),
    bundles: new Map(),
    nextIntervalSeconds: 60,
    intercept: undefined,
    transport: {
      async send(request) {
        const path = new URL(request.url).pathname.slice(BASE.length);
        server.requests.push(`${request.method} ${path}`);
        return (await server.intercept?.(request, path)) ?? route(request, path);
      },
      async openStream(request) {
        server.requests.push("GET /stream");
        const intercepted = await server.intercept?.({ ...request, bytesMax: 0 }, "/stream");
        if (intercepted && !intercepted.ok) return intercepted;
        const stream = new PassThrough();
        const status = intercepted?.status ?? 200;
        if (intercepted) stream.end(intercepted.body);
        else streams.add(stream);
        const close = () => {
          streams.delete(stream);
          stream.destroy();
        };
        request.signal?.addEventListener("abort", close);
        if (!intercepted) stream.write("event: hello\ndata: {}\n\n");
        return { ok: true, status, headers: {}, stream, close };
      },
      close: () => undefined,
    },
    push(event, data) {
      for (const stream of streams) stream.write(`event: ${event}\ndata: ${JSON.stringify(data ?? {})}\n\n`);
    },
    endStreams() {
      for (const stream of streams) stream.end();
      streams.clear();
    },
    get openStreams() {
      return streams.size;
    },
  };
  return server;
}
