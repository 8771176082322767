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
  /** When what another connection announced was last heard; null where it never was since listening began. */
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
 * Listens, and keeps proving it, at once and every three seconds: by a beat through another connection, which counts when
 * it is heard here and not before, and is not heard where the two reach different servers; and by a question on the
 * listening connection, which a dead one and a standby do not answer. One that fails is cut and made anew, and whoever
 * listens is told that something may have been missed. Where no beat can be sent nothing is proven, and nothing is lost.
 * Raises what connecting raises, the first time alone.
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
    connection.onLost((fault) => lost(connection, fault));
    prove(connection);
  }

  /** Begins anew after a connection that is dead, deaf or elsewhere. */
  function lost(connection: PostgresConnection, reason: unknown): void {
    if (current !== connection || isClosed) return;
    const wasProven = provenAtMs !== null;
    current = null;
    provenAtMs = null;
    cancel();
    connection.cut();
    logger("warn", "listening_lost", { error: reason });
    // Nothing was ever heard by it, and the next one may be as deaf; each sends everybody to look again.
    again(clock.nowMs(), wasProven ? AGAIN_MS.first : BEAT_EVERY_MS);
  }

  function again(sinceMs: number, pauseMs: number, isFirst = true): void {
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
          if (isFirst) logger("warn", "listening_failed", { error });
          again(sinceMs, Math.min(pauseMs * 2, AGAIN_MS.last), false);
        },
      );
    });
  }

  function next(): void {
    cancel = timers.after(BEAT_EVERY_MS, () => {
      if (current !== null) prove(current);
    });
  }

  function prove(connection: PostgresConnection): void {
    beat(connection).then(
      (isHeard) => {
        if (current !== connection || isClosed) return;
        if (isHeard) provenAtMs = clock.nowMs();
        next();
      },
      (error: unknown) => lost(connection, error),
    );
  }

  /**
   * Whether what was sent by another connection was heard; false where nothing was sent. Raises where this one does not
   * answer, or does not hear it.
   */
  async function beat(connection: PostgresConnection): Promise<boolean> {
    const heard = isSending ? null : sendBeat();
    // A standby lets nobody listen.
    await connection.query(`listen "${CHANNEL}"`);
    if (heard === null || !(await within(heard.sent))) return false;
    if (!(await within(heard.heard))) throw new Error("What another connection announced was not heard.");
    return true;
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
