import { isAppError } from "@/lib/platform/errors";
import type { Logger } from "@/lib/platform/logger";
import { systemTimers, type Timers } from "@/lib/platform/timers";

/** How a process ends. */
export type Stopping = {
  /** The whole of it, in milliseconds. */
  withinMs: number;
  /** Ends everything in order, and waits for what runs. */
  stop(): Promise<void>;
  /** Called when half of the time is over: ends what `stop` waits for, and loses nothing that was answered. */
  cut(): Promise<void>;
};

type Ports = { process: Pick<NodeJS.Process, "on" | "exit">; timers: Timers };

/**
 * Stops at the first SIGINT or SIGTERM, with 0 when everything of ours is over, by itself or because it was cut: a network
 * or a database that does not answer is nobody's failure here. With 1 at the second signal, and when something of our own
 * does not end. An error that nobody caught also stops the process, with 1: what state it left is not known.
 */
export function stopOnSignal(
  logger: Logger,
  { withinMs, stop, cut }: Stopping,
  { process, timers }: Ports = { process: globalThis.process, timers: systemTimers },
): void {
  let isStopping = false;
  const begin = (code: number) => {
    if (isStopping) {
      process.exit(1);
      return;
    }
    isStopping = true;
    let cutting = Promise.resolve();
    timers.after(withinMs / 2, () => {
      logger("warn", "stopping_is_cut_short", {});
      cutting = cut();
      // Waited for below; until then nobody hears it.
      cutting.catch(() => undefined);
    });
    timers.after(withinMs, () => {
      logger("error", "stopping_took_too_long", {});
      process.exit(1);
    });
    stop()
      .then(() => cutting)
      .then(
        () => process.exit(code),
        (error: unknown) => {
          const isElsewhere = isAppError(error) && error.code === "unavailable";
          logger(isElsewhere ? "warn" : "error", "stopping_failed", { error });
          process.exit(isElsewhere ? code : 1);
        },
      );
  };
  process.on("SIGINT", () => begin(0));
  process.on("SIGTERM", () => begin(0));
  process.on("uncaughtException", (error) => {
    logger("error", "uncaught_exception", { error });
    begin(1);
  });
  process.on("unhandledRejection", (error) => {
    logger("error", "unhandled_rejection", { error });
    begin(1);
  });
}
