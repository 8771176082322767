import type { TransferListItem } from "node:worker_threads";
import { AppError, ERROR_STATUS, type ErrorCode, type ErrorDetail, isAppError } from "@/lib/platform/errors";
import type { Logger } from "@/lib/platform/logger";

/** What one side of a line answers, by name. Inputs and answers are copied, but for what is transferred. */
export type Calls = Record<string, (input: never) => Promise<unknown>>;
type Input<C extends Calls, K extends keyof C> = Parameters<C[K]>[0];
type Answer<C extends Calls, K extends keyof C> = Awaited<ReturnType<C[K]>>;

/** A line between two threads, on which each may ask the other. */
export type Line<Theirs extends Calls> = {
  /** Rejects with the error of the other side, and `unavailable` where the line is cut before it answers. */
  ask<K extends keyof Theirs & string>(
    what: K,
    input: Input<Theirs, K>,
    transfer?: TransferListItem[],
  ): Promise<Answer<Theirs, K>>;
  /** Nothing is answered any more; whoever waits is told. */
  cut(why: string): void;
  /** When the other side was last heard, by the clock given; and how often. */
  heardMs(): number;
  heardTimes(): number;
};

/** A thread, or a port to one. */
export type LinePort = {
  postMessage(message: unknown, transfer?: TransferListItem[]): void;
  on(event: "message", listener: (message: unknown) => void): unknown;
};

type PlainError = {
  code: ErrorCode;
  message: string;
  details: readonly ErrorDetail[];
  extra: Readonly<Record<string, string | number>>;
  retryAfterSeconds: number | undefined;
  isOverload: boolean;
};
type Message =
  | { kind: "ask"; id: number; what: string; input: unknown }
  | { kind: "answer"; id: number; value: unknown }
  | { kind: "error"; id: number; error: PlainError };

/** What is not of our vocabulary is logged on its own side, and crosses as `internal` alone. */
function toPlain(error: unknown, what: string, logger: Logger): PlainError {
  if (!isAppError(error) || error.code === "internal") {
    logger("error", "thread_call_failed", { what, error });
    const message = "Something went wrong on our side.";
    return { code: "internal", message, details: [], extra: {}, retryAfterSeconds: undefined, isOverload: false };
  }
  if (error.cause !== undefined && ERROR_STATUS[error.code] >= 500)
    logger("warn", "thread_call_refused", { what, error });
  const { code, message, details, extra, retryAfterSeconds, isOverload } = error;
  return { code, message, details, extra, retryAfterSeconds, isOverload };
}

function toError({ code, message, retryAfterSeconds, ...rest }: PlainError): AppError {
  return new AppError(code, message, { ...rest, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) });
}

/** Opens this side of a line. What the other side asks and nobody answers here is `internal`. */
export function openLine<Theirs extends Calls>(
  port: LinePort,
  own: Calls,
  logger: Logger,
  uptimeMs: () => number = () => performance.now(),
): Line<Theirs> {
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: AppError): void }>();
  let isCut: string | undefined;
  let asked = 0;
  let heardMs = uptimeMs();
  let heardTimes = 0;
  const cutError = (why: string) => new AppError("unavailable", why, { retryAfterSeconds: 2 });

  async function answer(id: number, what: string, input: unknown): Promise<void> {
    let message: Message;
    try {
      const call = own[what];
      if (call === undefined) throw new Error(`nobody answers ${what}`);
      // Safe: both sides are typed by the same calls.
      message = { kind: "answer", id, value: await call(input as never) };
    } catch (error) {
      message = { kind: "error", id, error: toPlain(error, what, logger) };
    }
    if (isCut === undefined) port.postMessage(message);
  }

  port.on("message", (received) => {
    heardMs = uptimeMs();
    heardTimes += 1;
    // Safe: nothing else writes to this port.
    const message = received as Message;
    if (message.kind === "ask") {
      void answer(message.id, message.what, message.input);
      return;
    }
    const waiter = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.kind === "answer") waiter?.resolve(message.value);
    else waiter?.reject(toError(message.error));
  });

  return {
    ask(what, input, transfer = []) {
      if (isCut !== undefined) return Promise.reject(cutError(isCut));
      asked += 1;
      const id = asked;
      return new Promise((resolve, reject) => {
        // Safe: the other side answers as its calls are typed.
        waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
        const message: Message = { kind: "ask", id, what, input };
        port.postMessage(message, transfer);
      });
    },
    cut(why) {
      isCut ??= why;
      for (const { reject } of waiting.values()) reject(cutError(why));
      waiting.clear();
    },
    heardMs: () => heardMs,
    heardTimes: () => heardTimes,
  };
}
