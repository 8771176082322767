import type { Logger } from "@/lib/platform/logger";

/**
 * Stops in order at the first SIGINT or SIGTERM; at the second, or when stopping takes too long, at once. An error that
 * nobody caught also stops the process: what state it left is not known.
 */
export function stopOnSignal(logger: Logger, timeoutMs: number, stop: () => Promise<void>): void {
  let isStopping = false;
  const begin = (code: number) => {
    if (isStopping) process.exit(1);
    isStopping = true;
    const timer = setTimeout(() => {
      logger("error", "stopping_took_too_long", {});
      process.exit(1);
    }, timeoutMs);
    timer.unref();
    stop().then(
      () => process.exit(code),
      (error: unknown) => {
        logger("error", "stopping_failed", { error });
        process.exit(1);
      },
    );
  };
  process.on("SIGINT", () => begin(0));
  process.on("SIGTERM", () => begin(0));
  process.on("uncaughtException", (error) => {
    if (isAbandonedRequest(error)) return;
    logger("error", "uncaught_exception", { error });
    begin(1);
  });
  process.on("unhandledRejection", (error) => {
    logger("error", "unhandled_rejection", { error });
    begin(1);
  });
}

/**
 * Next clones the body of a request for `proxy.ts`, and where the sender gives up, the clone's error has no listener:
 * anybody could end the process by hanging up. The request is over and left no state behind.
 */
function isAbandonedRequest(error: unknown): boolean {
  return error instanceof Error && error.message === "aborted" && "code" in error && error.code === "ECONNRESET";
}
