import { canonicalJson } from "../audit/canonical-json";
import { toHex, utf8Bytes } from "../crypto/encoding";
import { isAppId } from "../manifest/app-id";
import type { QueueRecord } from "../telemetry/queue-state";
import { answerAsk } from "./ask";
import { raiseMark } from "./clock";
import { settleWrite, storeChanges, touch } from "./disk";
import { type Effect, inOrder } from "./effects";
import { sayInForce, takeUp, timeInForce } from "./in-force";
import type { DeviceInput, InputOf } from "./inputs";
import { createPolicyMaker } from "./policies";
import { countMinute, recordEvent } from "./queue";
import { union } from "./sorted";
import { type DeviceState, type Live, writeState } from "./state";
import { createStoredClaims } from "./stored-claims";
import { applyWhenWhole, hear, poll, receiveFetched, revoke, runLane, want, wantProgram } from "./syncer";
import { type DevicePorts, emit, log, setTimer, type Turn, takeTimer } from "./turn";
import { prepareBatch, receiveAnswer, reportNow, sendReady, tellApplied } from "./uploader";
import { type DeviceView, viewOf } from "./view";

export type Device = {
  /**
   * The one step of spec §9: synchronous, total, never throws. It may change the state in place. `records` are what it
   * folded into the queue, in order.
   */
  step(state: DeviceState, input: DeviceInput): Stepped;
  /** What a shell enforces by: read from a state, which it leaves as it is. */
  view(state: DeviceState): DeviceView;
};

export type Stepped = { state: DeviceState; effects: Effect[]; records: QueueRecord[] };

const MARK_EVERY_MS = 60_000;
const FIRST_INTERVAL_S = 60;

export function createDevice(ports: DevicePorts): Device {
  const claims = createStoredClaims();
  const policies = createPolicyMaker();
  const turnOf = (state: DeviceState, live: Live): Turn => ({ state, live, ports, claims, effects: [], records: [] });
  /** When what is in force was last worked out, and of which start. */
  let said: Said | undefined;

  function count(turn: Turn, input: InputOf<"count">): void {
    if (isAppId(input.appId)) countMinute(turn, input, policies(turn, input.appId).inForce);
  }

  return {
    step(state, input) {
      if (input.t === "start") {
        state.live = newLive(input);
        const turn = turnOf(state, state.live);
        begin(turn);
        said = settle(turn, undefined);
        return result(turn);
      }
      const { live } = state;
      if (live === null) {
        return { state, effects: [{ e: "log", level: "warn", code: "not_started" }], records: [] };
      }
      const turn = turnOf(state, live);
      live.clock.wall = input.wall;
      live.clock.mono = Math.max(live.clock.mono, input.mono);
      const isQuiet = isAboutQueue(input, live);
      if (input.t === "ask") answerAsk(turn, input, policies(turn, input.appId));
      else if (input.t === "count") count(turn, input);
      else take(turn, input);
      said = settle(turn, isQuiet ? said : undefined);
      return result(turn);
    },
    view: (state) => viewOf(state.live && turnOf(state, state.live), policies),
  };
}

type Said = { live: Live; at: number };

/** Whether an input is about the queue alone: such come as often as programs like, and change no document. */
export function isAboutQueue({ t, write }: { t: DeviceInput["t"]; write?: number }, live: Live | null): boolean {
  if (t === "stored" || t === "notStored") return write === live?.disk.queue.out;
  return t === "count" || t === "event";
}

const result = ({ state, effects, records }: Turn): Stepped => ({ state, effects: inOrder(effects), records });

/** SHA-256, in lower-case hex, of the canonical text (RFC 8785) of the whole state. */
export function digestOf(state: DeviceState, { crypto }: Pick<DevicePorts, "crypto">): string {
  return toHex(crypto.sha256(utf8Bytes(canonicalJson(writeState(state)))));
}

function begin(turn: Turn): void {
  takeUp(turn);
  runLane(turn, "all");
  emit(turn, { e: "listen", programs: turn.live.wanted });
  poll(turn);
  setTimer(turn, "mark", MARK_EVERY_MS);
}

function newLive({ seed, enrolment, runtime, programs, wall, mono }: InputOf<"start">): Live {
  const writing = () => ({ out: null, isDirty: false, stored: 0, failures: 0 });
  return {
    seed,
    enrolment,
    runtime,
    wanted: union(programs.filter(isAppId)),
    clock: { wall, mono, markedAt: mono },
    before: null,
    next: { event: 0, batch: 0, write: 1, fetch: 1, send: 1 },
    inForce: { platform: null, programs: {}, held: { byPlatform: [], byProgram: [] } },
    sync: {
      lane: null,
      again: null,
      failures: 0,
      programs: {},
      isConnected: false,
      isRevoked: false,
      heldFetch: null,
    },
    disk: { trust: writing(), queue: writing() },
    upload: {
      intervalS: FIRST_INTERVAL_S,
      sampling: 100,
      isOwed: false,
      failures: 0,
      ready: null,
      sent: null,
      reportedAt: null,
    },
    sampler: { minute: 0, seen: {}, refusals: {} },
    timers: [],
    told: { narrow: "{}", apply: "{}", grace: null, until: null },
  };
}

function take(turn: Turn, input: Exclude<DeviceInput, { t: "start" | "ask" }>): void {
  switch (input.t) {
    case "want":
      if (isAppId(input.appId)) want(turn, input.appId, input.wanted);
      else log(turn, "warn", "no_app_id");
      return;
    case "fetched":
      receiveFetched(turn, input.fetch, input);
      revokeWhereTold(turn, input.code);
      return;
    case "stream":
      if (input.revoked) revoke(turn);
      if (turn.live.sync.isRevoked) return;
      hear(turn, input);
      if (input.reportNow) reportNow(turn);
      return;
    case "stored":
      settleWrite(turn, input.write, true);
      return;
    case "notStored":
      settleWrite(turn, input.write, false);
      return;
    case "timer":
      if (takeTimer(turn.live, input.timer)) ring(turn, input.timer);
      return;
    case "event":
      recordEvent(turn, input.event);
      return;
    case "answered":
      receiveAnswer(turn, input.send, input);
      revokeWhereTold(turn, input.code);
      return;
  }
}

function revokeWhereTold(turn: Turn, code: string | undefined): void {
  if (code === "device_revoked") revoke(turn);
}

function ring(turn: Turn, timer: string): void {
  const { live, state } = turn;
  switch (timer) {
    case "poll":
      poll(turn);
      runLane(turn, "all");
      return;
    case "retryLane":
      runLane(turn, "all");
      return;
    case "mark":
      raiseMark({ trust: state.trust, live });
      touch(turn, "trust");
      setTimer(turn, "mark", MARK_EVERY_MS);
      return;
    case "upload":
      prepareBatch(turn);
      return;
    default:
      if (timer.startsWith("retry/")) wantProgram(turn, timer.slice("retry/".length));
  }
}

/**
 * What the parts have to say to each other is settled before the step ends. After an input that changes no document only
 * time can change what is in force; `said` spares working that out for each call of a program.
 */
function settle(turn: Turn, said: Said | undefined): Said {
  const { live } = turn;
  const isApplied = applyWhenWhole(turn);
  const at = timeInForce(turn);
  const next = Math.min(live.told.grace ?? Number.POSITIVE_INFINITY, live.told.until ?? Number.POSITIVE_INFINITY);
  const isSaid = !isApplied && said?.live === live && said.at <= at && at < next;
  if (!isSaid && sayInForce(turn).isApplied) tellApplied(turn);
  storeChanges(turn);
  sendReady(turn);
  return { live, at };
}
