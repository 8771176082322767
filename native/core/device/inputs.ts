import { z } from "zod";
import { HOST_PURPOSES } from "../codes";
import { thumbprintShape } from "../crypto/public-key";
import { denialCountShape, hostCountShape, minuteEntryShape, telemetryEventShape } from "../telemetry/batch";
import { runtimeIdentityShape } from "../wire/runtime-identity";

/** Inputs of a step (spec 9.4). Unknown members are ignored. */

const whole = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
const counter = whole.min(1);
const appId = z.string().min(1).max(128);

const enrolment = z.object({
  platform: z.string().min(1).max(256),
  rootThumbprints: z.array(thumbprintShape).min(1).max(32),
  threshold: counter,
});

/** How a request ended: exactly one of these. */
const outcome = {
  body: z.base64().exactOptional(),
  etag: z.string().max(256).exactOptional(),
  notModified: z.literal(true).exactOptional(),
  missing: z.literal(true).exactOptional(),
  tooLarge: z.literal(true).exactOptional(),
  status: z.int().min(100).max(599).exactOptional(),
  code: z.string().max(64).exactOptional(),
  retryAfterS: whole.exactOptional(),
  failed: z.enum(["tls", "timeout", "unreachable", "aborted"]).exactOptional(),
};

const amount = z.number().exactOptional();
/** Increments of a minute (spec §7): what is no positive number adds nothing, and fractions are rounded. */
const increment = z.object({
  cpuMs: amount,
  memoryBytesMax: amount,
  requests: amount,
  blocked: amount,
  bytesIn: amount,
  bytesOut: amount,
  inFlightMax: amount,
  throttledMs: amount,
  crashes: amount,
  requestsPerSecondMax: amount,
  bridgeCalls: amount,
  bridgeCallsPerSecondMax: amount,
  storageBytesMax: amount,
  cacheBytesMax: amount,
  limits: minuteEntryShape.shape.limits,
  apis: z.record(z.string(), z.object({ allowed: amount, denied: amount })).exactOptional(),
  hosts: z.array(hostCountShape.extend({ allowed: amount, blocked: amount })).exactOptional(),
  denials: z.array(denialCountShape).exactOptional(),
});

const members = {
  start: {
    seed: z.string().regex(/^[0-9a-f]{32}$/),
    enrolment,
    runtime: runtimeIdentityShape,
    programs: z.array(appId),
  },
  want: { appId, wanted: z.boolean() },
  fetched: { fetch: counter, ...outcome },
  stream: {
    hello: z.literal(true).exactOptional(),
    revision: z
      .object({
        document: z.enum(["keyset", "platform", "program"]),
        appId: appId.exactOptional(),
        epoch: counter,
        revision: counter,
      })
      .exactOptional(),
    revoked: z.literal(true).exactOptional(),
    closed: z.literal(true).exactOptional(),
    reportNow: z.literal(true).exactOptional(),
  },
  stored: { write: counter },
  notStored: { write: counter, reason: z.enum(["full", "readonly", "io"]) },
  timer: { timer: z.string().min(1).max(160) },
  count: { appId, versionCode: whole, increment },
  ask: {
    appId,
    versionCode: whole,
    api: z.string().exactOptional(),
    params: z.unknown().exactOptional(),
    url: z.string().exactOptional(),
    purpose: z.enum(HOST_PURPOSES).exactOptional(),
    consent: z.enum(["given", "refused"]).exactOptional(),
    context: z
      .object({
        foreground: z.boolean(),
        gesture: z.boolean(),
        used: z.object({ perMinute: whole, perDay: whole }),
      })
      .exactOptional(),
  },
  event: { event: telemetryEventShape.omit({ eventId: true, at: true }) },
  answered: { send: counter, ...outcome },
} as const;

const inputOf = <T extends keyof typeof members>(t: T) =>
  z.object({ t: z.literal(t), wall: whole, mono: whole, ...members[t] });

export const inputShape = z.discriminatedUnion("t", [
  inputOf("start"),
  inputOf("want"),
  inputOf("fetched"),
  inputOf("stream"),
  inputOf("stored"),
  inputOf("notStored"),
  inputOf("timer"),
  inputOf("count"),
  inputOf("ask"),
  inputOf("event"),
  inputOf("answered"),
]);
export type DeviceInput = z.infer<typeof inputShape>;
export type InputOf<T extends DeviceInput["t"]> = Extract<DeviceInput, { t: T }>;
/** How a request ended, of `fetched` and `answered` alike. */
export type RequestEnd = Omit<InputOf<"fetched">, "t" | "wall" | "mono" | "fetch">;
