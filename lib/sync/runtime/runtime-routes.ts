import { z } from "zod";
import { appIdSchema } from "@/lib/contracts/shared";
import { describeRoute } from "@/lib/http/route-description";
import { DOCUMENT_BYTES_MAX } from "@/native/core/documents/envelope";
import { telemetryAnswerShape } from "@/native/core/telemetry/batch";
import { enrollRequestShape, enrollResponseShape } from "@/native/core/wire/enroll";
import { heldAnswerShape } from "@/native/core/wire/held";
import { STREAM_PROGRAMS_CHARS_MAX } from "@/native/core/wire/stream-programs";
import { tokenRequestShape, tokenResponseShape } from "@/native/core/wire/token";
import { receivedBatchShape } from "../telemetry/received-batch";

const BASE = "/api/runtime/v1";
const JOSE = { kind: "raw", contentType: "application/jose" } as const;
const JOSE_JSON = { kind: "raw", contentType: "application/jose+json" } as const;
/** Greatest telemetry body, folded and unfolded. */
export const TELEMETRY_BYTES_MAX = 1024 * 1024;

/** What devices may ask (spec §7). Keyset and platform document are public; the rest needs the device's token. */
export const runtimeRoutes = {
  enroll: describeRoute({
    method: "POST",
    path: `${BASE}/enroll`,
    summary: "Exchanges a one-time token and a proof of the device's key for a device id.",
    actor: "public",
    permission: null,
    input: { body: enrollRequestShape },
    output: enrollResponseShape,
    maxBytes: 16 * 1024,
    refusals: ["unauthenticated", "clock_skew", "limit_exceeded"],
  }),
  token: describeRoute({
    method: "POST",
    path: `${BASE}/token`,
    summary: "Exchanges a signed, single-use assertion for a short access token.",
    actor: "public",
    permission: null,
    input: { body: tokenRequestShape },
    output: tokenResponseShape,
    maxBytes: 16 * 1024,
    refusals: ["unauthenticated", "clock_skew", "device_revoked", "limit_exceeded"],
  }),
  keyset: describeRoute({
    method: "GET",
    path: `${BASE}/keyset`,
    summary: "The newest keyset, JWS JSON serialization.",
    actor: "public",
    permission: null,
    output: JOSE_JSON,
    maxBytes: 0,
    refusals: ["not_found"],
  }),
  keysetRevision: describeRoute({
    method: "GET",
    path: `${BASE}/keyset/{revision}`,
    summary: "One keyset of the chain, by its revision.",
    actor: "public",
    permission: null,
    input: { params: z.object({ revision: z.string().regex(/^[1-9][0-9]{0,15}$/) }) },
    output: JOSE_JSON,
    maxBytes: 0,
    refusals: ["not_found"],
  }),
  platform: describeRoute({
    method: "GET",
    path: `${BASE}/platform`,
    summary: "The platform document, compact JWS.",
    actor: "public",
    permission: null,
    output: JOSE,
    maxBytes: 0,
    refusals: ["not_found", "unavailable"],
  }),
  program: describeRoute({
    method: "GET",
    path: `${BASE}/programs/{appId}`,
    summary: "One program's document, compact JWS.",
    actor: "device",
    permission: null,
    input: { params: z.object({ appId: appIdSchema }) },
    output: JOSE,
    maxBytes: 0,
    refusals: ["not_found", "token_expired", "device_revoked", "limit_exceeded", "unavailable"],
  }),
  bundle: describeRoute({
    method: "GET",
    path: `${BASE}/bundles/{sha256}`,
    summary: "The bytes of a listed version's bundle; its signature comes in a header.",
    actor: "device",
    permission: null,
    input: { params: z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/) }) },
    output: { kind: "raw", contentType: "application/miniapp-pkg+zip" },
    maxBytes: 0,
    refusals: ["not_found", "token_expired", "device_revoked", "limit_exceeded", "unavailable"],
  }),
  stream: describeRoute({
    method: "GET",
    path: `${BASE}/stream`,
    summary:
      "Server-sent events: which document has a new revision; of programs those that are named, without names all.",
    actor: "device",
    permission: null,
    input: { query: z.object({ programs: z.string().max(STREAM_PROGRAMS_CHARS_MAX).exactOptional() }) },
    output: { kind: "raw", contentType: "text/event-stream" },
    maxBytes: 0,
    refusals: ["token_expired", "device_revoked", "limit_exceeded", "unavailable"],
  }),
  telemetry: describeRoute({
    method: "POST",
    path: `${BASE}/telemetry`,
    summary: "Takes one batch of minutes and events; the same batch again gets the same answer.",
    actor: "device",
    permission: null,
    input: { body: receivedBatchShape },
    output: telemetryAnswerShape,
    maxBytes: TELEMETRY_BYTES_MAX,
    acceptsGzip: true,
    takesAnyText: true,
    refusals: ["conflict", "token_expired", "device_revoked", "limit_exceeded"],
  }),
  held: describeRoute({
    method: "POST",
    path: `${BASE}/held`,
    summary: "Takes back the platform document that a telemetry answer wanted.",
    actor: "device",
    permission: null,
    input: { body: { kind: "bytes", contentType: "application/jose" } },
    output: heldAnswerShape,
    maxBytes: 2 * DOCUMENT_BYTES_MAX["bulkhead-platform"],
    refusals: ["unprocessable", "token_expired", "device_revoked", "limit_exceeded", "unavailable"],
  }),
} as const;
