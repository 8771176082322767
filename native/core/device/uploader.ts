import { parseJson } from "../json/parse-json";
import { type TelemetryBatch, telemetryAnswerShape } from "../telemetry/batch";
import { splitBatch, takeItems } from "../telemetry/batch-items";
import { QUEUE_BOUNDS } from "../telemetry/queue-bounds";
import { itemsOf } from "../telemetry/queue-state";
import { fromBase64 } from "./base64";
import { isFailing, isStored } from "./disk";
import { appliedNow, platformInForce } from "./in-force";
import type { RequestEnd } from "./inputs";
import { addRecord, telemetryTime } from "./queue";
import { backoffMs, nextStep } from "./retry";
import { handBack } from "./syncer";
import { cancelTimer, emit, log, nextId, nextNumber, setTimer, type Turn } from "./turn";

const REPORT_NOW_EVERY_MS = 2000;

/** By the platform document in force from now on; and the platform hears at once what is applied (spec 7.6). */
export function tellApplied(turn: Turn): void {
  const { upload } = turn.live;
  const telemetry = platformInForce(turn)?.telemetry;
  if (telemetry) {
    upload.sampling = Math.min(100, telemetry.sampling);
    upload.intervalS = telemetry.intervalSeconds;
  }
  upload.isOwed = true;
  if (upload.failures === 0) prepareBatch(turn);
}

/** Somebody is looking: obeyed at most once in two seconds. */
export function reportNow(turn: Turn): void {
  const { upload, clock } = turn.live;
  if (upload.reportedAt !== null && clock.mono - upload.reportedAt < REPORT_NOW_EVERY_MS) return;
  upload.reportedAt = clock.mono;
  upload.isOwed = true;
  if (upload.failures === 0) prepareBatch(turn);
}

/** Makes the oldest batch without an answer ready, or a new one, empty if need be; nothing where one is on its way. */
export function prepareBatch(turn: Turn): void {
  const { live, state } = turn;
  const { upload } = live;
  if (live.sync.isRevoked || upload.sent !== null || upload.ready !== null) return;
  cancelTimer(turn, "upload");
  const waiting = state.queue.sealed[0];
  // A batch that awaits its answer says what was applied when it was made; only a new one settles what is owed.
  upload.ready = { batchId: waiting?.batchId ?? sealBatch(turn), write: null };
}

function sealBatch(turn: Turn): string {
  const { queue } = turn.state;
  const batch: TelemetryBatch = {
    batchId: nextId(turn, "batch"),
    sequence: queue.sequence + 1,
    sentAt: telemetryTime(turn),
    runtime: turn.live.runtime,
    applied: appliedNow(turn),
    ...takeItems(queue),
  };
  turn.live.upload.isOwed = false;
  addRecord(turn, { kind: "seal", batch });
  return batch.batchId;
}

/** Sends what is ready once it is stored, so that a retry after a restart is the same batch; or once the disk refused. */
export function sendReady(turn: Turn): void {
  const { upload, disk } = turn.live;
  const { ready } = upload;
  if (ready === null) return;
  const isKept = isStored(turn, "queue") || (ready.write !== null && ready.write <= disk.queue.stored);
  if (!isKept && !isFailing(turn, "queue")) return;
  upload.ready = null;
  const batch = turn.state.queue.sealed.find(({ batchId }) => batchId === ready.batchId);
  if (batch === undefined) return;
  upload.sent = { send: nextNumber(turn, "send"), batchId: batch.batchId };
  emit(turn, { e: "send", send: upload.sent.send, batch });
}

/** Does with an answer what the table of spec 7.7 says. An answer that nobody waits for changes nothing. */
export function receiveAnswer(turn: Turn, send: number, end: RequestEnd): void {
  const { live } = turn;
  const { upload } = live;
  if (upload.sent?.send !== send) return;
  const { batchId } = upload.sent;
  upload.sent = null;
  const answer = readAnswer(end);
  if (answer !== undefined) {
    upload.failures = 0;
    const rejected = answer.rejected.length + (answer.rejectedMore ?? 0);
    addRecord(turn, { kind: "answered", batchId, rejected });
    if (rejected > 0) log(turn, "warn", "telemetry_rejected", { batchId, count: rejected });
    upload.sampling = answer.sampling;
    upload.intervalS = answer.nextIntervalSeconds;
    if (answer.wanted?.includes("platform")) handBack(turn);
    if (upload.isOwed || hasBacklog(turn)) prepareBatch(turn);
    else setTimer(turn, "upload", upload.intervalS * 1000);
    return;
  }
  upload.failures += 1;
  const next = nextStep(end, upload.failures);
  switch (next.step) {
    case "retry":
      setTimer(turn, "upload", next.minMs, next.maxMs);
      return;
    case "stop":
      return;
    case "split":
      split(turn, batchId);
      prepareBatch(turn);
      return;
    case "discard":
      log(turn, "warn", `telemetry_${next.reason}`, { batchId, status: end.status ?? 0 });
      addRecord(turn, { kind: "refused", batchId, reason: next.reason });
      // Whatever the server has against this batch, the next one must not follow it in a storm.
      setTimer(turn, "upload", ...backoffMs(upload.failures));
      return;
  }
}

/** Two batches in place of one that was too large; one item alone cannot be split and is given up. */
function split(turn: Turn, batchId: string): void {
  const { queue } = turn.state;
  const batch = queue.sealed.find((sealed) => sealed.batchId === batchId);
  if (batch === undefined) return;
  if (itemsOf(batch) < 2) {
    addRecord(turn, { kind: "refused", batchId, reason: "too_large" });
    return;
  }
  const batches = splitBatch(batch, queue.sequence, () => nextId(turn, "batch"));
  addRecord(turn, { kind: "split", batchId, batches });
}

function hasBacklog({ state }: Turn): boolean {
  const { sealed, events, minutes } = state.queue;
  return sealed.length > 0 || events.size > QUEUE_BOUNDS.backlog || minutes.size > QUEUE_BOUNDS.backlog;
}

function readAnswer({ body }: RequestEnd) {
  const bytes = body === undefined ? undefined : fromBase64(body);
  const parsed = bytes && parseJson(bytes);
  return parsed?.ok ? telemetryAnswerShape.safeParse(parsed.value).data : undefined;
}
