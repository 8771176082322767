import { createHash } from "node:crypto";
import type { IngestLoad } from "./ingest-load";

/** Load raises the time between two reports to this and no further (spec 7.17). */
export const RAISED_SECONDS_MAX = 600;
/** The share of the time that taking batches in may take. */
const BUSY_SHARE = 0.5;
/**
 * A crowd whose oldest batch has waited this long is as bad as a full queue, which asks for sixteen times the document's
 * interval. Few that are slow are no crowd: less of them would make nothing faster.
 */
const OLDEST_MS_MAX = 5000;
const CROWD = 16;
const FULL_QUEUE_FACTOR = 16;
/** Below these nothing is raised, and nothing is lowered: noise moves nobody. */
const PRESSURE_MIN = 0.1;
const RAISE_MIN = 1.25;
const LOWER_MAX = 0.8;
/** What was raised comes down by half in this time at the soonest. */
const HALVING_MS = 120_000;
/** Devices are told up to this share more, each always its own, so that they do not report in step. */
const SPREAD = 0.1;

/** How often devices are asked to report for the load alone, and when that was worked out; 0 s asks nothing. */
export type LoadPace = { seconds: number; atMs: number };

/**
 * The time between two reports at which this many devices keep the taking in half busy, and longer while batches wait:
 * never falling with the number of devices, the time that a batch takes, the queue, or its oldest.
 */
export function wantedSeconds(load: IngestLoad, devices: number, documentSeconds: number): number {
  const byRate = (devices * load.msPerBatch) / 1000 / BUSY_SHARE;
  const late = Math.min(1, load.oldestMs / OLDEST_MS_MAX) * Math.min(1, load.waiting / CROWD);
  const pressure = Math.min(1, Math.max(load.waiting / load.waitingMax, late));
  const byQueue = pressure < PRESSURE_MIN ? 0 : documentSeconds * FULL_QUEUE_FACTOR ** pressure;
  return Math.min(RAISED_SECONDS_MAX, Math.max(byRate, byQueue));
}

/** Up at once, down by half in two minutes, and not at all for a little. */
export function stepPace(pace: LoadPace, wanted: number, nowMs: number): LoadPace {
  if (wanted >= pace.seconds * LOWER_MAX) return { seconds: Math.max(pace.seconds, wanted), atMs: nowMs };
  const fallen = pace.seconds * 0.5 ** (Math.max(0, nowMs - pace.atMs) / HALVING_MS);
  return { seconds: Math.max(wanted, fallen), atMs: nowMs };
}

/** How often devices report at present: as the document says, or less often. */
export function presentSeconds(pace: LoadPace, documentSeconds: number): number {
  return pace.seconds < documentSeconds * RAISE_MIN ? documentSeconds : Math.round(pace.seconds);
}

/** One device's own: from the present time to a tenth more. */
export function intervalOf(deviceId: string, seconds: number): number {
  const share = createHash("sha256").update(deviceId).digest().readUInt32BE(0) / 2 ** 32;
  return Math.floor(seconds * (1 + SPREAD * share));
}
