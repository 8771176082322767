import type { DocumentType } from "../codes";
import { DOCUMENT_BYTES_MAX } from "../documents/envelope";
import { isNewerPosition, NO_POSITION, type Position } from "../documents/position";
import { fromBase64 } from "./base64";
import type { FetchWhat } from "./effects";
import { applyNewest, hasUnapplied } from "./in-force";
import type { InputOf, RequestEnd } from "./inputs";
import {
  keysetOf,
  newestPlatform,
  newestProgram,
  type Receipt,
  receiveKeyset,
  receivePlatform,
  receiveProgram,
  refuseTooLarge,
} from "./keeper";
import { nextStep } from "./retry";
import { union } from "./sorted";
import { cancelTimer, emit, log, nextNumber, setTimer, type Turn } from "./turn";

type Scope = "platform" | "all";

const FETCH_MS = 20_000;
/** What an answer to a handed-back document may hold. */
const ANSWER_BYTES_MAX = 1024 * 1024;
const APPLY_ALONE_AFTER_MS = 5000;
const KEYSET_STEPS_MAX = 1024;
/** Around each of these by a quarter. */
const POLL_MS = { connected: 300_000, apart: 30_000, revoked: 3_600_000 } as const;

const TYPE_OF = { keyset: "bulkhead-keyset", platform: "bulkhead-platform", program: "bulkhead-program" } as const;

/** Starts the lane, or has it run once more when it is done: keyset, then platform document, then each program's. */
export function runLane(turn: Turn, scope: Scope): void {
  const { sync } = turn.live;
  if (sync.lane !== null) {
    sync.again = scope === "all" || sync.again === "all" ? "all" : "platform";
    return;
  }
  cancelTimer(turn, "retryLane");
  const hadKeyset = keysetOf(turn) !== undefined;
  const lane = { scope, hadKeyset, steps: 0, isSecond: false };
  if (scope === "all" || !hadKeyset) fetchKeyset(turn, lane);
  else fetchPlatform(turn, lane);
}

type Lane = NonNullable<Turn["live"]["sync"]["lane"]>;
type LaneBase = Omit<Lane, "stage" | "fetch">;

function fetchKeyset(turn: Turn, lane: LaneBase): void {
  const revision = turn.state.trust.keyset?.revision;
  const number = request(turn, { what: "keyset", ...(revision === undefined ? {} : { revision: revision + 1 }) });
  turn.live.sync.lane = { ...lane, stage: "keyset", fetch: number };
}

function fetchPlatform(turn: Turn, lane: LaneBase): void {
  const etag = turn.state.trust.platform?.good?.etag;
  const number = request(turn, { what: "platform", ...(etag == null ? {} : { etag }) });
  turn.live.sync.lane = { ...lane, stage: "platform", fetch: number };
}

function request(turn: Turn, what: FetchWhat): number {
  const number = nextNumber(turn, "fetch");
  const maxBytes = what.what === "held" ? ANSWER_BYTES_MAX : 2 * DOCUMENT_BYTES_MAX[TYPE_OF[what.what]];
  emit(turn, { e: "fetch", fetch: number, ...what, maxBytes, timeoutMs: FETCH_MS });
  return number;
}

/** The answer to a fetch. One that nobody waits for, late or twice, changes nothing. */
export function receiveFetched(turn: Turn, number: number, end: RequestEnd): void {
  const { sync } = turn.live;
  if (sync.heldFetch === number) {
    sync.heldFetch = null;
    if (end.body !== undefined) log(turn, "info", "document_handed_back");
    else log(turn, "warn", "document_not_handed_back", { reason: end.code ?? end.failed ?? end.status ?? "no_answer" });
    return;
  }
  if (sync.lane?.fetch === number) {
    receiveInLane(turn, sync.lane, end);
    return;
  }
  const program = Object.entries(sync.programs).find(([, work]) => work.fetch === number);
  if (program !== undefined) receiveForProgram(turn, program[0], end);
}

function receiveInLane(turn: Turn, lane: Lane, end: RequestEnd): void {
  if (lane.stage === "platform") {
    receivePlatformInLane(turn, lane, end);
    return;
  }
  const got = take(turn, end, "bulkhead-keyset", (bytes) => receiveKeyset(turn, bytes));
  const steps = lane.steps + 1;
  if ((got === "accepted" || got === "expired") && steps < KEYSET_STEPS_MAX) {
    fetchKeyset(turn, { ...lane, steps });
    return;
  }
  if (keysetOf(turn) === undefined) {
    endLane(turn, lane, end);
    return;
  }
  if (lane.isSecond && steps === 1) {
    endLane(turn, lane, null);
    return;
  }
  fetchPlatform(turn, lane);
}

function receivePlatformInLane(turn: Turn, lane: Lane, end: RequestEnd): void {
  const got = take(turn, end, "bulkhead-platform", (bytes) => receivePlatform(turn, bytes, end.etag ?? null));
  if (got === "refused" && lane.scope === "platform" && lane.hadKeyset && !lane.isSecond) {
    // Perhaps signed by a key of a keyset that isn't here yet.
    fetchKeyset(turn, { ...lane, steps: 0, isSecond: true });
    return;
  }
  if (got === "accepted") gatherPrograms(turn);
  endLane(turn, lane, got === "failed" ? end : null);
}

function endLane(turn: Turn, lane: Lane, failed: RequestEnd | null): void {
  const { sync } = turn.live;
  sync.lane = null;
  const isForAll = lane.scope === "all" || !lane.hadKeyset;
  if (isForAll && keysetOf(turn) !== undefined) for (const appId of turn.live.wanted) wantProgram(turn, appId);
  if (failed === null) sync.failures = 0;
  else {
    sync.failures += 1;
    const next = nextStep(failed, sync.failures);
    if (next.step === "retry" && !sync.isRevoked) setTimer(turn, "retryLane", next.minMs, next.maxMs);
  }
  const again = sync.again;
  sync.again = null;
  if (again !== null) runLane(turn, again);
}

/** A newer platform document was verified: the programs' documents that it names are fetched, and waited for a while. */
function gatherPrograms(turn: Turn): void {
  const least = newestPlatform(turn)?.minRevisions ?? {};
  for (const appId of turn.live.wanted) {
    const needed = Object.hasOwn(least, appId) ? least[appId] : undefined;
    if (needed !== undefined && needed > (newestProgram(turn, appId)?.revision ?? 0)) wantProgram(turn, appId);
  }
  if (!turn.live.timers.includes("alone")) setTimer(turn, "alone", APPLY_ALONE_AFTER_MS);
}

export function wantProgram(turn: Turn, appId: string): void {
  const { sync } = turn.live;
  const work = sync.programs[appId] ?? { fetch: null, again: false, failures: 0 };
  sync.programs[appId] = work;
  if (work.fetch !== null) {
    work.again = true;
    return;
  }
  cancelTimer(turn, `retry/${appId}`);
  const etag = turn.state.trust.programs[appId]?.good?.etag;
  work.fetch = request(turn, { what: "program", appId, ...(etag == null ? {} : { etag }) });
}

function receiveForProgram(turn: Turn, appId: string, end: RequestEnd): void {
  const { sync, wanted } = turn.live;
  const work = sync.programs[appId];
  if (work === undefined) return;
  work.fetch = null;
  const got = take(
    turn,
    end,
    "bulkhead-program",
    (bytes) => receiveProgram(turn, appId, bytes, end.etag ?? null),
    appId,
  );
  const isAgain = work.again && wanted.includes(appId);
  work.again = false;
  if (got !== "failed") work.failures = 0;
  else {
    work.failures += 1;
    const next = nextStep(end, work.failures);
    if (next.step === "retry" && !sync.isRevoked && !isAgain) {
      setTimer(turn, `retry/${appId}`, next.minMs, next.maxMs);
    }
  }
  if (isAgain) wantProgram(turn, appId);
}

/** What came of a request: the verdict on its bytes, nothing new, or a failure by the table of spec 7.7. */
function take(
  turn: Turn,
  end: RequestEnd,
  type: DocumentType,
  receive: (bytes: Uint8Array) => Receipt,
  appId?: string,
): Receipt | "failed" {
  if (end.tooLarge) {
    refuseTooLarge(turn, type, appId);
    return "refused";
  }
  if (end.notModified || end.missing) return "unchanged";
  const bytes = end.body === undefined ? undefined : fromBase64(end.body);
  return bytes === undefined ? "failed" : receive(bytes);
}

/**
 * Applies what is newer as one, once it is stored and nothing that it needs is on its way; what is waited for may keep it
 * for 5 s, after which what has come is applied (spec 9.6). Whether anything was.
 */
export function applyWhenWhole(turn: Turn): boolean {
  const { sync, timers } = turn.live;
  if (!hasUnapplied(turn)) {
    cancelTimer(turn, "alone");
    return false;
  }
  const isWaiting = sync.lane !== null || Object.values(sync.programs).some(({ fetch }) => fetch !== null);
  if ((isWaiting && timers.includes("alone")) || !applyNewest(turn)) return false;
  cancelTimer(turn, "alone");
  return true;
}

export function hear(turn: Turn, event: InputOf<"stream">): void {
  const { sync, wanted } = turn.live;
  if (event.hello) {
    sync.isConnected = true;
    poll(turn);
    runLane(turn, "all");
  }
  if (event.closed && sync.isConnected) {
    sync.isConnected = false;
    poll(turn);
  }
  const { revision } = event;
  if (revision === undefined) return;
  const { keyset, platform, programs } = turn.state.trust;
  if (revision.document === "keyset" && revision.revision > (keyset?.revision ?? 0)) runLane(turn, "all");
  if (revision.document === "platform" && isNewer(revision, platform?.good)) runLane(turn, "platform");
  if (revision.document === "program" && revision.appId !== undefined && wanted.includes(revision.appId)) {
    if (isNewer(revision, programs[revision.appId]?.good)) wantProgram(turn, revision.appId);
  }
}

const isNewer = (event: Position, held: Position | null | undefined): boolean =>
  isNewerPosition(event, held ?? NO_POSITION);

/** Looks again after a while, whatever the stream says. */
export function poll(turn: Turn): void {
  const { isRevoked, isConnected } = turn.live.sync;
  const every = isRevoked ? POLL_MS.revoked : isConnected ? POLL_MS.connected : POLL_MS.apart;
  setTimer(turn, "poll", every * 0.75, every * 1.25);
}

/** The platform revoked this device: it sends and asks no more but for a look each hour, and goes on enforcing. */
export function revoke(turn: Turn): void {
  const { live } = turn;
  if (live.sync.isRevoked) return;
  live.sync.isRevoked = true;
  live.sync.isConnected = false;
  log(turn, "error", "device_revoked");
  emit(turn, { e: "hangUp" });
  for (const timer of live.timers) {
    if (timer === "upload" || timer === "retryLane" || timer.startsWith("retry/")) cancelTimer(turn, timer);
  }
  live.upload.ready = null;
  live.upload.sent = null;
  poll(turn);
}

export function want(turn: Turn, appId: string, isWanted: boolean): void {
  const { live } = turn;
  if (live.wanted.includes(appId) === isWanted) return;
  live.wanted = isWanted ? union(live.wanted, [appId]) : live.wanted.filter((other) => other !== appId);
  if (!live.sync.isRevoked) emit(turn, { e: "listen", programs: live.wanted });
  if (isWanted) {
    wantProgram(turn, appId);
    return;
  }
  cancelTimer(turn, `retry/${appId}`);
  const number = live.sync.programs[appId]?.fetch;
  if (number != null) emit(turn, { e: "abort", fetch: number });
  delete live.sync.programs[appId];
}

/** Gives the stored platform document back; while the platform still lacks it, its next answer asks again (spec 7.9). */
export function handBack(turn: Turn): void {
  const { sync } = turn.live;
  const good = turn.state.trust.platform?.good;
  if (!good) {
    log(turn, "warn", "document_not_handed_back", { reason: "none_held" });
    return;
  }
  sync.heldFetch ??= request(turn, { what: "held", jws: good.jws });
}
