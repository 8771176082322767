import type { Clock } from "@/lib/platform/clock";
import { AppError } from "@/lib/platform/errors";
import type { Logger } from "@/lib/platform/logger";
import type { Timers } from "@/lib/platform/timers";
import { createKindFigures } from "../lanes/kind-figures";
import { kindOfStatement, writes } from "../lanes/kind-of-statement";
import { createOverloadTrace } from "../lanes/overload-trace";
import { LANES, type Lane, type StoreFigures } from "../store";
import type { PostgresConnection, Queryable } from "./connect";
import { type Shares, sharesOf } from "./shares";

/** How many may wait in a lane, and for how long; beyond either it is `unavailable`. */
const WAITING = {
  decide: { most: 200, ms: 10_000 },
  "sign-in": { most: 100, ms: 5_000 },
  page: { most: 200, ms: 5_000 },
  ingest: { most: 400, ms: 5_000 },
  tend: { most: 50, ms: 10_000 },
} as const satisfies Record<Lane, { most: number; ms: number }>;

const RETRY_AFTER_SECONDS = 2;
/** A connection is made anew after this time: the address behind a name may have become another server's. */
const LIFE_MS = 30 * 60_000;
/** After these, other connections are not to be trusted either: the server takes no writes, or says nothing any more. */
const LEAVE: ReadonlySet<string> = new Set(["25006", "ANSWER_TIMEOUT", "CONNECTION_LOST"]);
/** They are left at most this often: the next connection may reach a server that is well. */
const RENEW_EVERY_MS = 5_000;
/** What runs when the pool is closed gets this long. */
const CLOSE_MS = 1_500;

/** A connection for one piece of work. Whoever takes it gives it back. */
export type Lease = Queryable & {
  isLost(): boolean;
  cut(): void;
  giveBack(): void;
};

export type Pool = {
  /** Waits for a connection, within bounds. Raises `unavailable` beyond them, and what connecting raises. */
  take(lane: Lane): Promise<Lease>;
  figures(): Pick<StoreFigures, "lanes" | "jobs">;
  /** Leaves the server that its connections reached: idle ones now, those in use when they come back. */
  renew(): void;
  /** Refuses whoever waits, gives what runs a second and a half, then cuts it. A second call waits for the first. */
  close(): Promise<void>;
};

export type PoolOptions = {
  connect(): Promise<PostgresConnection>;
  connectionsMax: number;
  clock: Clock;
  timers: Timers;
  logger: Logger;
};

type Held = { connection: PostgresConnection; bornAtMs: number; generation: number };
type Running = { lane: Lane; sinceMs: number; held: Held | null };
/** What a transaction is called: its first write, or else its first statement. */
type Whole = { sinceMs: number; first: string | null; firstWrite: string | null };
type Waiting = { sinceMs: number; enter(): void; fail(error: AppError): void };

const perLane = <T>(make: (lane: Lane) => T): Record<Lane, T> =>
  Object.fromEntries(LANES.map((lane) => [lane, make(lane)])) as Record<Lane, T>;

const closed = () => new AppError("unavailable", "The store is closed.");

/**
 * Connections with shares: each lane has at most what its work and less urgent work may take together, so that a decision
 * finds a connection whatever else waits. Work of one lane is served in the order in which it came.
 */
export function createPool(options: PoolOptions): Pool {
  const { clock, timers, logger } = options;
  const shares: Shares = sharesOf(options.connectionsMax);
  const idle: Held[] = [];
  const running = new Set<Running>();
  const waiting = perLane<Waiting[]>(() => []);
  const longestMs = perLane(() => 0);
  const kinds = createKindFigures();
  const overload = createOverloadTrace(logger, () => clock.nowMs());
  let renewedAtMs = Number.NEGATIVE_INFINITY;
  let generation = 0;
  let closing: Promise<void> | null = null;
  let onIdle: () => void = () => undefined;

  const busy = () => {
    const counts = perLane(() => 0);
    for (const { lane } of running) counts[lane] += 1;
    return counts;
  };

  function refuse(lane: Lane, why: string): AppError {
    overload.note(lane, why, () => ({ busy: busy(), waiting: perLane((each) => waiting[each].length) }));
    return new AppError("unavailable", "The store is busy. Try again.", {
      cause: new Error(why),
      retryAfterSeconds: RETRY_AFTER_SECONDS,
      isOverload: true,
    });
  }

  function endOverload(): void {
    if (LANES.every((lane) => waiting[lane].length === 0)) overload.over();
  }

  /** Lets in whoever may come in now. */
  function admit(): void {
    for (const lane of LANES) {
      while (waiting[lane].length > 0 && shares.mayEnter(lane, busy())) waiting[lane].shift()?.enter();
    }
    endOverload();
    if (running.size === 0) onIdle();
  }

  function discard({ connection }: Held): void {
    connection.close().catch((error: unknown) => logger("warn", "connection_not_closed", { error }));
  }

  function renew(): void {
    renewedAtMs = clock.nowMs();
    generation += 1;
    for (const held of idle.splice(0)) discard(held);
  }

  const isFresh = (held: Held) =>
    !held.connection.isLost() && held.generation === generation && clock.nowMs() - held.bornAtMs < LIFE_MS;

  async function obtain(): Promise<Held> {
    for (let held = idle.pop(); held !== undefined; held = idle.pop()) {
      if (isFresh(held)) return held;
      discard(held);
    }
    const born = { bornAtMs: clock.nowMs(), generation };
    return { connection: await options.connect(), ...born };
  }

  function end(work: Running): void {
    running.delete(work);
    longestMs[work.lane] = Math.max(longestMs[work.lane], clock.nowMs() - work.sinceMs);
    admit();
  }

  async function lease(lane: Lane): Promise<Lease> {
    const work: Running = { lane, sinceMs: clock.nowMs(), held: null };
    running.add(work);
    let held: Held;
    try {
      held = await obtain();
    } catch (error) {
      end(work);
      throw error;
    }
    work.held = held;
    const { connection } = held;
    let isBack = false;
    let whole: Whole | null = null;
    const note = (text: string, kind: string) => {
      if (text === "begin") whole = { sinceMs: clock.nowMs(), first: null, firstWrite: null };
      else if (whole !== null && kind !== "other") {
        whole.first ??= kind;
        if (writes(kind)) whole.firstWrite ??= kind;
      }
    };
    // The pool was closed and gave up waiting while this connection was being made.
    if (closing !== null) connection.cut();
    return {
      async query(statement, values) {
        const text = typeof statement === "string" ? statement : statement.text;
        const kind = kindOfStatement(text);
        note(text, kind);
        const startedMs = clock.nowMs();
        try {
          return await connection.query(statement, values);
        } catch (error) {
          const isTrusted = !LEAVE.has(String((error as { code?: unknown }).code));
          if (!isTrusted && clock.nowMs() - renewedAtMs >= RENEW_EVERY_MS) renew();
          throw error;
        } finally {
          kinds.record(kind, clock.nowMs() - startedMs);
        }
      },
      isLost: () => connection.isLost(),
      cut: () => connection.cut(),
      giveBack() {
        if (isBack) return;
        isBack = true;
        if (whole !== null) {
          const kind = `transaction: ${whole.firstWrite ?? whole.first ?? "no statement"}`;
          kinds.record(kind, clock.nowMs() - whole.sinceMs);
        }
        if (isFresh(held) && closing === null) idle.push(held);
        else discard(held);
        end(work);
      },
    };
  }

  function wait(lane: Lane): Promise<Lease> {
    const { most, ms } = WAITING[lane];
    if (waiting[lane].length >= most) throw refuse(lane, `${most} wait already`);
    return new Promise((resolve, reject) => {
      const leave = () => {
        const at = waiting[lane].indexOf(one);
        if (at >= 0) waiting[lane].splice(at, 1);
        takeBack();
      };
      const takeBack = timers.after(ms, () => {
        one.fail(refuse(lane, `no connection came free in ${ms / 1000} s`));
        endOverload();
      });
      const one: Waiting = {
        sinceMs: clock.nowMs(),
        enter() {
          leave();
          lease(lane).then(resolve, reject);
        },
        fail(error) {
          leave();
          reject(error);
        },
      };
      waiting[lane].push(one);
    });
  }

  return {
    async take(lane) {
      if (closing !== null) throw closed();
      if (waiting[lane].length === 0 && shares.mayEnter(lane, busy())) return lease(lane);
      return wait(lane);
    },
    renew,
    figures() {
      const nowMs = clock.nowMs();
      const lanes = LANES.map((lane) => {
        const oldestWaitingMs = Math.round(nowMs - (waiting[lane][0]?.sinceMs ?? nowMs));
        const longest = Math.round(longestMs[lane]);
        return {
          lane,
          waiting: waiting[lane].length,
          oldestWaitingMs,
          refused: overload.refused(lane),
          longestMs: longest,
        };
      });
      return { lanes, jobs: kinds.jobs() };
    },
    close() {
      closing ??= (async () => {
        for (const one of LANES.flatMap((lane) => waiting[lane])) one.fail(closed());
        const allBack = new Promise<void>((resolve) => {
          onIdle = resolve;
          if (running.size === 0) resolve();
        });
        const takeBack = timers.after(CLOSE_MS, () => {
          logger("warn", "store_work_cut", { busy: busy() });
          for (const { held } of running) held?.connection.cut();
          onIdle();
        });
        await allBack;
        takeBack();
        await Promise.all(idle.splice(0).map(({ connection }) => connection.close()));
      })();
      return closing;
    },
  };
}
