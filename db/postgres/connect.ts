import { Socket } from "node:net";
import pg from "pg";
import { systemTimers, type Timers } from "@/lib/platform/timers";
import type { Bounds } from "./bounds";
import { ConnectionFault, type ConnectionFaultCode } from "./connection-fault";

/** What drizzle asks of a driver: one statement, with or without values. */
export type Queryable = {
  query(statement: string | pg.QueryConfig, values?: readonly unknown[]): Promise<pg.QueryResult>;
};

/**
 * One connection. Statements run one after the other, in the order in which they were asked for. Once it is lost it stays
 * lost: every statement then raises the fault that ended it.
 */
export type PostgresConnection = Queryable & {
  isLost(): boolean;
  /** Calls once when it is lost, with the reason; not when it is closed. */
  onLost(listener: (fault: ConnectionFault) => void): void;
  /** Hears `NOTIFY`, on the channels that this connection listens on. */
  onNotification(listener: (channel: string, payload: string) => void): void;
  /** Says good-bye, and waits half a second for it at most. */
  close(): Promise<void>;
  /** Ends it at once, whatever runs on it: that raises `CONNECTION_CUT`. */
  cut(): void;
};

/** How long a server is waited for that is told good-bye. */
const GOODBYE_MS = 500;
/** A connection that nobody uses says something this often, so that routers keep it and a dead peer is found. */
const KEEP_ALIVE_MS = 10_000;

/**
 * The driver's settings. What the URL names itself counts before ours. TLS is asked for by libpq's rules: `require` wants
 * no certificate, `verify-full` does.
 */
function settings(url: string, bounds: Bounds, socket: Socket): pg.ClientConfig {
  const parsed = new URL(url);
  if (parsed.searchParams.has("sslmode") && !parsed.searchParams.has("uselibpqcompat")) {
    parsed.searchParams.set("uselibpqcompat", "true");
  }
  return {
    connectionString: parsed.href,
    fallback_application_name: "bulkhead",
    statement_timeout: bounds.statementMs ?? 0,
    lock_timeout: bounds.lockMs ?? 0,
    idle_in_transaction_session_timeout: bounds.idleInTransactionMs ?? 0,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    // Ours, so that it can be cut when nothing is answered any more.
    stream: () => socket,
  };
}

/** Connects. Raises a `ConnectionFault`, or what the server or the operating system says. */
export async function connectPostgres(
  url: string,
  bounds: Bounds,
  timers: Timers = systemTimers,
): Promise<PostgresConnection> {
  const socket = new Socket();
  const client = new pg.Client(settings(url, bounds, socket));
  const lostListeners: ((fault: ConnectionFault) => void)[] = [];
  let lost: ConnectionFault | null = null;
  let isClosing = false;
  let underway: ((fault: ConnectionFault) => void) | null = null;
  let tail: Promise<unknown> = Promise.resolve();

  function lose(code: ConnectionFaultCode, cause?: unknown): void {
    if (lost !== null) return;
    lost = new ConnectionFault(code, cause);
    socket.destroy();
    underway?.(lost);
    if (!isClosing) for (const listener of lostListeners) listener(lost);
  }
  client.on("error", (error) => lose("CONNECTION_LOST", error));
  client.on("end", () => lose("CONNECTION_LOST"));

  const inTime = timers.after(bounds.connectMs, () => lose("CONNECT_TIMEOUT"));
  try {
    await new Promise<unknown>((resolve, reject) => {
      underway = reject;
      client.connect().then(resolve, reject);
    });
  } catch (error) {
    lose("CONNECTION_CUT");
    throw error;
  } finally {
    inTime();
    underway = null;
  }

  async function run(statement: string | pg.QueryConfig, values?: readonly unknown[]): Promise<pg.QueryResult> {
    if (lost !== null) throw lost;
    const { answerMs } = bounds;
    const inTime = answerMs === null ? null : timers.after(answerMs, () => lose("ANSWER_TIMEOUT"));
    try {
      return await new Promise((resolve, reject) => {
        underway = reject;
        client.query(statement as pg.QueryConfig, values as unknown[] | undefined).then(resolve, (error: unknown) => {
          // The server's last word before it hangs up.
          if (error instanceof pg.DatabaseError && error.severity === "FATAL") lose("CONNECTION_LOST", error);
          reject(error);
        });
      });
    } finally {
      inTime?.();
      underway = null;
    }
  }

  return {
    query(statement, values) {
      const mine = tail.then(() => run(statement, values));
      tail = mine.catch(() => undefined);
      return mine;
    },
    isLost: () => lost !== null,
    onLost(listener) {
      if (lost === null) lostListeners.push(listener);
      else if (!isClosing) listener(lost);
    },
    onNotification(listener) {
      client.on("notification", ({ channel, payload = "" }) => listener(channel, payload));
    },
    async close() {
      isClosing = true;
      await tail;
      if (lost !== null) return;
      const inTime = timers.after(GOODBYE_MS, () => lose("CONNECTION_CUT"));
      await client.end();
      inTime();
    },
    cut() {
      isClosing = true;
      lose("CONNECTION_CUT");
    },
  };
}
