import { z } from "zod";
import { RUNTIME_KINDS } from "../codes";
import { thumbprintShape } from "../crypto/public-key";
import type { JsonObject } from "../json/parse-json";
import { minuteEntryShape, telemetryBatchShape, telemetryEventShape } from "../telemetry/batch";
import { applyRecord, emptyQueue, type QueueState, snapshotOf } from "../telemetry/queue-state";
import { runtimeIdentityShape } from "../wire/runtime-identity";

/**
 * The state of a device (spec 9.2), of integers, texts, lists and objects alone. `trust` and `queue` are what a disk
 * holds; `live` is lost at a restart.
 */

const whole = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
const counter = whole.min(1);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const sortedTexts = z.array(z.string());

/** A document as it was received. `sha256` is of its payload's bytes. */
const held = z.object({ epoch: counter, revision: counter, sha256, jws: z.string(), etag: z.string().nullable() });
const floor = z.object({ epoch: counter, revision: counter, sha256 });
/** `floor`: the highest that was ever verified; `good`: the last good document, null where none is. */
const documentState = z.object({ floor, good: held.nullable() });

const time = z.object({ lastVerifiedIat: whole, mark: whole });
const suspensions = z.object({ byPlatform: sortedTexts, byProgram: sortedTexts });

export const trustShape = z.object({
  form: z.literal(2),
  keyset: z.object({ epoch: counter, revision: counter, jws: z.string() }).nullable(),
  /** Whole seconds. */
  time,
  platform: documentState.nullable(),
  programs: z.record(z.string(), documentState),
  /** Suspensions that act although no document in force names them: that one had expired, or its epoch ended. */
  held: suspensions,
  /** Digests of refused payloads that were told of, the newest last, 128 at most. */
  refusals: z.array(sha256),
});

export const queueShape = z.object({
  sequence: whole,
  minutes: z.array(z.object({ appId: z.string(), versionCode: whole, entry: minuteEntryShape })),
  events: z.array(telemetryEventShape),
  /** Discarded and not yet told, by reason. */
  discarded: z.record(z.string(), counter),
  /** Batches that were given an id and await their answer, oldest first. */
  sealed: z.array(telemetryBatchShape),
  totals: z.object({ produced: whole, acknowledged: whole, rejected: whole, discarded: whole }),
});

/** What is known of the writes of one part: the one that is out, whether more has changed since, and how often it failed. */
const writing = z.object({
  out: counter.nullable(),
  isDirty: z.boolean(),
  /** The last write that was stored; 0 before any. */
  stored: whole,
  failures: whole,
});

export const liveShape = z.object({
  seed: z.string(),
  enrolment: z.object({
    platform: z.string(),
    rootThumbprints: z.array(thumbprintShape),
    threshold: counter,
  }),
  runtime: runtimeIdentityShape.extend({ kind: z.enum(RUNTIME_KINDS) }),
  wanted: sortedTexts,
  clock: z.object({ wall: whole, mono: whole, markedAt: whole }),
  /** The time before one that was set back and is not applied yet: documents in force are judged by the later of both. */
  before: time.extend({ markedAt: whole }).nullable(),
  /** The next number of each kind. */
  next: z.object({ event: whole, batch: whole, write: counter, fetch: counter, send: counter }),
  inForce: z.object({ platform: held.nullable(), programs: z.record(z.string(), held), held: suspensions }),
  sync: z.object({
    lane: z
      .object({
        scope: z.enum(["platform", "all"]),
        stage: z.enum(["keyset", "platform"]),
        fetch: counter,
        steps: whole,
        hadKeyset: z.boolean(),
        /** The keyset was walked because the platform document was refused. */
        isSecond: z.boolean(),
      })
      .nullable(),
    again: z.enum(["platform", "all"]).nullable(),
    failures: whole,
    programs: z.record(z.string(), z.object({ fetch: counter.nullable(), again: z.boolean(), failures: whole })),
    isConnected: z.boolean(),
    isRevoked: z.boolean(),
    heldFetch: counter.nullable(),
  }),
  disk: z.object({ trust: writing, queue: writing }),
  upload: z.object({
    intervalS: counter,
    sampling: whole,
    isOwed: z.boolean(),
    failures: whole,
    /** The batch that is to be sent once the write that has it was answered; `write` is null until there is one. */
    ready: z.object({ batchId: z.string(), write: counter.nullable() }).nullable(),
    sent: z.object({ send: counter, batchId: z.string() }).nullable(),
    reportedAt: whole.nullable(),
  }),
  /** Events seen of each cause in one minute, for sampling, and those kept of what each program was refused. */
  sampler: z.object({
    minute: whole,
    seen: z.record(z.string(), counter),
    refusals: z.record(z.string(), counter),
  }),
  timers: sortedTexts,
  /** What was said last: the narrowing, the application, and the seconds of the next `grace` and `until`. */
  told: z.object({
    narrow: z.string(),
    apply: z.string(),
    grace: whole.nullable(),
    until: whole.nullable(),
  }),
});

export type Trust = z.infer<typeof trustShape>;
export type Live = z.infer<typeof liveShape>;
export type DocumentState = z.infer<typeof documentState>;
/** `live` is null until `start`. */
export type DeviceState = { trust: Trust; queue: QueueState; live: Live | null };

export const stateShape = z.object({ trust: trustShape, queue: queueShape, live: liveShape.nullable() });
/** What a disk may have held. */
export const durableShape = z.object({ trust: trustShape.exactOptional(), queue: queueShape.exactOptional() });

/** A device that knows nothing, or what a disk has kept of it. */
export function openState(durable: z.infer<typeof durableShape> = {}): DeviceState {
  const queue = emptyQueue();
  if (durable.queue) applyRecord(queue, { kind: "snapshot", state: structuredClone(durable.queue) });
  return { trust: structuredClone(durable.trust) ?? newTrust(), queue, live: null };
}

function newTrust(): Trust {
  return {
    form: 2,
    keyset: null,
    time: { lastVerifiedIat: 0, mark: 0 },
    platform: null,
    programs: {},
    held: { byPlatform: [], byProgram: [] },
    refusals: [],
  };
}

/** The state as JSON, which `stateShape` describes. */
export function writeState(state: DeviceState): JsonObject {
  return { trust: state.trust, queue: snapshotOf(state.queue), live: state.live } as unknown as JsonObject;
}

/** One durable part as JSON. */
export function writePart(state: DeviceState, part: "trust" | "queue"): JsonObject {
  return (part === "trust" ? state.trust : snapshotOf(state.queue)) as unknown as JsonObject;
}
