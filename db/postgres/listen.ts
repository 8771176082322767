import type { Clock } from "@/lib/platform/clock";
import type { Logger } from "@/lib/platform/logger";
import type { Timers } from "@/lib/platform/timers";
import type { PostgresConnection } from "./connect";

/** What is announced goes this way; every process listens. */
export const CHANNEL = "bulkhead";

/** Between two proofs that this process hears. */
const BEAT_EVERY_MS = 3_000;
/** How long a beat may take to be sent, and then to be heard. */
const BOUND_MS = 2_000;
/** The pause before listening is tried anew doubles from the first to the last of these. */
const AGAIN_MS = { first: 250, last: 2_000 };

export type Listening = {
  /** When it was last proven that announcements are heard; null while nobody listens. */
  provenAtMs(): number | null;
  close(): void;
};

export type ListenOptions = {
  /** A connection of its own, whose answers are waited for two seconds at most. */
  connect(): Promise<PostgresConnection>;
  /** Sends a notification by a connection of those that announce; its failure says nothing of listening. */
  notify(channel: string, payload: string): Promise<void>;
  /** A channel that no other process listens on. */
  ownChannel: string;
  clock: Clock;
  timers: Timers;
  logger: Logger;
  hear(payload: string): void;
  /** Called when announcements may have been missed. */
  missed(): void;
};

/**
 * Listens, and keeps proving it: every three seconds by a question on the listening connection, which a dead one and a
 * standby do not answer, and by a beat through another connection, which is not heard where the two reach different
 * servers. One that fails is cut and made anew, and whoever listens is told that something may have been missed. Raises
 * what connecting raises, the first time alone.
 */
export async function startListening(options: ListenOptions): Promise<Listening> {
  const { ownChannel, clock, timers, logger } = options;
  let current: PostgresConnection | null = null;
  let provenAtMs: number | null = null;
  let isClosed = false;
  let beats = 0;
  let isSending = false;
  let onBeat: (payload: string) => void = () => undefined;
  let cancel: () => void = () => undefined;

  async function listen(): Promise<PostgresConnection> {
    const connection = await options.connect();
    try {
      connection.onNotification((channel, payload) => {
        if (channel === ownChannel) onBeat(payload);
        else options.hear(payload);
      });
      await connection.query(`listen "${CHANNEL}"`);
      await connection.query(`listen "${ownChannel}"`);
      return connection;
    } catch (error) {
      connection.cut();
      throw error;
    }
  }

  function use(connection: PostgresConnection): void {
    current = connection;
    provenAtMs = clock.nowMs();
    connection.onLost((fault) => lost(connection, fault));
    next();
  }

  /** Begins anew after a connection that is dead, deaf or elsewhere. */
  function lost(connection: PostgresConnection, reason: unknown): void {
    if (current !== connection || isClosed) return;
    current = null;
    provenAtMs = null;
    cancel();
    connection.cut();
    logger("warn", "listening_lost", { error: reason });
    again(clock.nowMs(), AGAIN_MS.first);
  }

  function again(sinceMs: number, pauseMs: number): void {
    cancel = timers.after(pauseMs, () => {
      listen().then(
        (connection) => {
          if (isClosed) {
            connection.cut();
            return;
          }
          use(connection);
          logger("warn", "listening_again", { afterMs: clock.nowMs() - sinceMs });
          options.missed();
        },
        (error: unknown) => {
          if (isClosed) return;
          // Once an outage: what follows says the same.
          if (pauseMs === AGAIN_MS.first) logger("warn", "listening_failed", { error });
          again(sinceMs, Math.min(pauseMs * 2, AGAIN_MS.last));
        },
      );
    });
  }

  function next(): void {
    cancel = timers.after(BEAT_EVERY_MS, () => {
      const connection = current;
      if (connection === null) return;
      beat(connection).then(
        () => {
          if (current !== connection || isClosed) return;
          provenAtMs = clock.nowMs();
          next();
        },
        (error: unknown) => lost(connection, error),
      );
    });
  }

  /** Raises where the connection does not answer, or does not hear what was sent by another one. */
  async function beat(connection: PostgresConnection): Promise<void> {
    const heard = isSending ? null : sendBeat();
    // A standby lets nobody listen.
    await connection.query(`listen "${CHANNEL}"`);
    if (heard === null || !(await within(heard.sent))) return;
    if (!(await within(heard.heard))) throw new Error("What another connection announced was not heard.");
  }

  /** Refused by the other connection, or not done yet: then nothing is known of what this one would have heard. */
  function sendBeat(): { sent: Promise<boolean>; heard: Promise<boolean> } {
    beats += 1;
    const payload = String(beats);
    isSending = true;
    const heard = new Promise<boolean>((resolve) => {
      onBeat = (told) => {
        if (told === payload) resolve(true);
      };
    });
    const sent = options
      .notify(ownChannel, payload)
      .then(
        () => true,
        () => false,
      )
      .finally(() => {
        isSending = false;
      });
    return { sent, heard };
  }

  function within(outcome: Promise<boolean>): Promise<boolean> {
    return new Promise((resolve) => {
      const takeBack = timers.after(BOUND_MS, () => resolve(false));
      void outcome.then((value) => {
        takeBack();
        resolve(value);
      });
    });
  }

  use(await listen());
  return {
    provenAtMs: () => provenAtMs,
    close() {
      isClosed = true;
      cancel();
      current?.cut();
    },
  };
}
