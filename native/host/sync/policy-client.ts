import type { IncomingHttpHeaders } from "node:http";
import type { FetchWhat } from "../../core/device/effects";
import type { TelemetryBatch } from "../../core/telemetry/batch";
import { BUNDLE_SIGNATURE_HEADER } from "../../core/wire/bundle-signature";
import { type EnrollResponse, enrollResponseShape } from "../../core/wire/enroll";
import { type ErrorBody, errorBodyShape } from "../../core/wire/error-body";
import type { RuntimeIdentity } from "../../core/wire/runtime-identity";
import { type TokenResponse, tokenResponseShape } from "../../core/wire/token";
import type { HostClock } from "../ports";
import type { DeviceKey } from "../state/device-key";
import { signEnrollAssertion, signTokenAssertion } from "./device-assertion";
import type { HttpAnswer, HttpFailure, HttpStream, HttpTransport } from "./http-transport";
import { readRetryAfter } from "./retry-after";

const ANSWER_BYTES_MAX = 1024 * 1024;
const TIMEOUT_MS = 20_000;
const BUNDLE_TIMEOUT_MS = 120_000;
/** A token is renewed this long before its end. */
const TOKEN_MARGIN_MS = 30_000;

/** Why a request brought nothing. */
export type Outcome =
  | { kind: "status"; status: number; retryAfterSeconds: number | undefined }
  | { kind: "revoked" }
  | { kind: "network"; reason: HttpFailure };

export type Fetched =
  | { kind: "body"; bytes: Uint8Array; etag: string | undefined; headers: IncomingHttpHeaders }
  | { kind: "not_modified" }
  | { kind: "missing" }
  | { kind: "failed"; outcome: Outcome; code: string | undefined };

/** Everything a device asks its platform for. Nothing that it answers is trusted before it was verified. */
export type PolicyClient = {
  /** What the effect `fetch` of a device asks for (spec 9.5); `held` gives the platform document back (spec 7.9). */
  ask(what: FetchWhat, bounds: FetchBounds): Promise<Fetched>;
  /** Bundle and, in `headers`, its detached signature. */
  bundle(sha256: string, bytesMax: number): Promise<Fetched>;
  sendBatch(batch: TelemetryBatch): Promise<Fetched>;
  /** The stream that tells of these programs; null: of every one. */
  openStream(
    programs: readonly string[] | null,
    signal: AbortSignal,
  ): Promise<HttpStream | Extract<Fetched, { kind: "failed" }>>;
  enroll(token: string, runtime: RuntimeIdentity): Promise<{ ok: true; answer: EnrollResponse } | EnrollFailure>;
  close(): void;
};
export type FetchBounds = { maxBytes: number; timeoutMs: number; signal?: AbortSignal };
export type EnrollFailure = { ok: false; outcome: Outcome; code: string | undefined };

export type PolicyClientOptions = {
  transport: HttpTransport;
  /** The platform's address as the enrolment file gives it. */
  url: string;
  platform: string;
  key: DeviceKey;
  deviceId: string | undefined;
  clock: HostClock;
  randomId(): string;
};

export function createPolicyClient(options: PolicyClientOptions): PolicyClient {
  const { transport, key, clock } = options;
  const base = `${options.url.replace(/\/+$/, "")}/api/runtime/v1`;
  /** Server's clock minus ours, as far as the server told it. */
  let skewSeconds = 0;
  let token: { value: string; endsAtMs: number } | undefined;
  let renewing: Promise<string | Extract<Fetched, { kind: "failed" }>> | undefined;

  const clockSeconds = () => Math.floor(clock.nowMs() / 1000);
  const learnTime = (serverTime: number) => {
    skewSeconds = serverTime - clockSeconds();
  };

  function read(answer: HttpAnswer): Fetched {
    if (!answer.ok) return { kind: "failed", outcome: { kind: "network", reason: answer.reason }, code: undefined };
    const { status, headers, body } = answer;
    if (status >= 200 && status < 300) return { kind: "body", bytes: body, etag: headers.etag, headers };
    if (status === 304) return { kind: "not_modified" };
    const error = readError(body);
    if (error?.code === "device_revoked") return { kind: "failed", outcome: { kind: "revoked" }, code: error.code };
    if (error?.code === "clock_skew" && error.serverTime !== undefined) learnTime(error.serverTime);
    if (status === 404 || status === 410) return { kind: "missing" };
    const retryAfterSeconds = readRetryAfter(headers["retry-after"], clock.nowMs());
    return { kind: "failed", outcome: { kind: "status", status, retryAfterSeconds }, code: error?.code };
  }

  async function get(
    path: string,
    { maxBytes: bytesMax, ...bounds }: FetchBounds,
    headers: Record<string, string> = {},
  ) {
    return read(await transport.send({ method: "GET", url: base + path, headers, bytesMax, ...bounds }));
  }

  async function post(path: string, value: unknown, headers: Record<string, string> = {}): Promise<Fetched> {
    return postBytes(path, Buffer.from(JSON.stringify(value), "utf8"), {
      ...headers,
      "content-type": "application/json",
    });
  }

  async function postBytes(
    path: string,
    body: Uint8Array,
    headers: Record<string, string>,
    { maxBytes: bytesMax, ...bounds }: FetchBounds = { maxBytes: ANSWER_BYTES_MAX, timeoutMs: TIMEOUT_MS },
  ): Promise<Fetched> {
    return read(await transport.send({ method: "POST", url: base + path, bytesMax, headers, body, ...bounds }));
  }

  /** Sends a proof; after `clock_skew` once more by the time that the refusal told. */
  async function postProof(path: string, make: (iat: number) => Promise<unknown>): Promise<Fetched> {
    const first = await post(path, await make(clockSeconds() + skewSeconds));
    if (first.kind !== "failed" || first.code !== "clock_skew") return first;
    return post(path, await make(clockSeconds() + skewSeconds));
  }

  async function renewToken(): Promise<string | Extract<Fetched, { kind: "failed" }>> {
    const { deviceId } = options;
    if (deviceId === undefined) return notEnrolled();
    const answer = await postProof("/token", async (iat) => ({
      assertion: await signTokenAssertion(key, {
        aud: options.platform,
        sub: deviceId,
        jti: options.randomId(),
        iat,
      }),
    }));
    if (answer.kind === "failed") return answer;
    const granted = readBody<TokenResponse>(answer, (value) => tokenResponseShape.safeParse(value).data);
    if (!granted) return unreadable();
    learnTime(granted.serverTime);
    token = { value: granted.accessToken, endsAtMs: clock.monotonicMs() + granted.expiresInSeconds * 1000 };
    return granted.accessToken;
  }

  /** The token in use, or a new one; several who need one at once share one request. */
  function currentToken(): Promise<string | Extract<Fetched, { kind: "failed" }>> {
    if (token && clock.monotonicMs() < token.endsAtMs - TOKEN_MARGIN_MS) return Promise.resolve(token.value);
    renewing ??= renewToken().finally(() => {
      renewing = undefined;
    });
    return renewing;
  }

  /** One new token and one repeat where the server says that the token is over (spec §7). */
  async function authorised(send: (headers: Record<string, string>) => Promise<Fetched>): Promise<Fetched> {
    for (let attempt = 0; ; attempt++) {
      const value = await currentToken();
      if (typeof value !== "string") return value;
      const answer = await send({ authorization: `Bearer ${value}` });
      const isOver = answer.kind === "failed" && (answer.code === "token_expired" || answer.code === "unauthenticated");
      if (!isOver || attempt > 0) return answer;
      if (token?.value === value) token = undefined;
    }
  }

  const conditional = (etag: string | undefined): Record<string, string> =>
    etag === undefined ? {} : { "if-none-match": etag };

  return {
    async ask(what, bounds) {
      switch (what.what) {
        case "keyset":
          return get(what.revision === undefined ? "/keyset" : `/keyset/${what.revision}`, bounds);
        case "platform":
          return get("/platform", bounds, conditional(what.etag));
        case "program":
          return authorised((headers) =>
            get(`/programs/${encodeURIComponent(what.appId)}`, bounds, { ...headers, ...conditional(what.etag) }),
          );
        case "held":
          return authorised((headers) =>
            postBytes(
              "/held",
              Buffer.from(what.jws, "utf8"),
              { ...headers, "content-type": "application/jose" },
              bounds,
            ),
          );
      }
    },
    bundle: (sha256, bytesMax) =>
      authorised((headers) => get(`/bundles/${sha256}`, { maxBytes: bytesMax, timeoutMs: BUNDLE_TIMEOUT_MS }, headers)),
    sendBatch: (batch) => authorised((headers) => post("/telemetry", batch, headers)),
    async openStream(programs, signal) {
      const value = await currentToken();
      if (typeof value !== "string") return value;
      const headers = { authorization: `Bearer ${value}`, accept: "text/event-stream" };
      const url = `${base}/stream${programs === null ? "" : `?programs=${programs.join()}`}`;
      const opened = await transport.openStream({ method: "GET", url, headers, timeoutMs: TIMEOUT_MS, signal });
      if (!opened.ok || opened.status === 200) return opened;
      const impatience = setTimeout(opened.close, TIMEOUT_MS);
      const body = await readAtMost(opened.stream, 16_384);
      clearTimeout(impatience);
      opened.close();
      const refusal = read({ ok: true, status: opened.status, headers: opened.headers, body });
      if (token?.value === value) token = undefined;
      return refusal.kind === "failed" ? refusal : unreadable();
    },
    async enroll(oneTimeToken, runtime) {
      const answer = await postProof("/enroll", async (iat) => ({
        assertion: await signEnrollAssertion(key, {
          aud: options.platform,
          jti: options.randomId(),
          iat,
          token: oneTimeToken,
        }),
        token: oneTimeToken,
        publicKey: key.publicJwk,
        runtime,
      }));
      if (answer.kind === "failed") return { ok: false, outcome: answer.outcome, code: answer.code };
      const enrolled = readBody<EnrollResponse>(answer, (value) => enrollResponseShape.safeParse(value).data);
      if (enrolled) return { ok: true, answer: enrolled };
      const failure = unreadable();
      return { ok: false, outcome: failure.outcome, code: failure.code };
    },
    close: () => transport.close(),
  };
}

/** The detached signature that came with a bundle; `undefined` where there is none that can be read. */
export function bundleSignatureOf(headers: IncomingHttpHeaders): Uint8Array | undefined {
  const value = headers[BUNDLE_SIGNATURE_HEADER];
  if (typeof value !== "string" || !/^[A-Za-z0-9_-]{8,256}$/.test(value)) return undefined;
  return Buffer.from(value, "base64url");
}

function readBody<T>(answer: Fetched, parse: (value: unknown) => T | undefined): T | undefined {
  if (answer.kind !== "body") return undefined;
  try {
    return parse(JSON.parse(Buffer.from(answer.bytes).toString("utf8")));
  } catch {
    return undefined;
  }
}

function readError(body: Uint8Array): ErrorBody["error"] | undefined {
  try {
    return errorBodyShape.safeParse(JSON.parse(Buffer.from(body).toString("utf8"))).data?.error;
  } catch {
    return undefined;
  }
}

async function readAtMost(stream: AsyncIterable<Buffer>, bytesMax: number): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of stream) {
      bytes += chunk.byteLength;
      if (bytes > bytesMax) break;
      chunks.push(chunk);
    }
  } catch {
    // What was read before the connection ended is enough to know the refusal.
  }
  return Buffer.concat(chunks);
}

/** An answer of 200 that isn't one, as a captive portal gives: to be tried again like a broken server. */
function unreadable(): Extract<Fetched, { kind: "failed" }> {
  return { kind: "failed", outcome: { kind: "status", status: 502, retryAfterSeconds: undefined }, code: undefined };
}

function notEnrolled(): Extract<Fetched, { kind: "failed" }> {
  return {
    kind: "failed",
    outcome: { kind: "status", status: 401, retryAfterSeconds: undefined },
    code: "unauthenticated",
  };
}
