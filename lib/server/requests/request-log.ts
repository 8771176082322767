import type { IncomingMessage, ServerResponse } from "node:http";
import { STREAM_PATH } from "@/lib/contracts/stream";
import type { Logger } from "@/lib/platform/logger";
import { runtimeRoutes } from "@/lib/sync/runtime/runtime-routes";
import { pathPattern } from "./path-pattern";

/** What becomes known of a request on its way; who asked is an id, never a token. */
export type RequestFacts = {
  requestId: string | null;
  route: string | null;
  who: string | null;
  /** Where it waited for its turn, and how long. */
  queue: string;
  waitedMs: number;
};

export type RequestLine = { tell(facts: Partial<RequestFacts>): void };

export type RequestLog = {
  /** Follows a request until its answer is sent or its connection is gone. */
  begin(request: IncomingMessage, response: ServerResponse, from: string): RequestLine;
  /** Tells of requests that hang; called by itself every second. */
  lookForHung(): void;
  /** Tells what was counted since the last time; called by itself every minute. */
  tellCounted(): void;
  close(): void;
};

const SLOW_MS = 1_000;
const HUNG_MS = 10_000;
const COUNTED_EVERY_MS = 60_000;
/** Lines of one route and status in a minute; the rest is counted, so that a flood does not become one in the log. */
const LINES_MAX = 60;
/** What many ask for all the time is counted while it goes well. */
const COUNTED = /^\/(api\/(runtime|health|ready)|_next)(\/|$)/;
/** Open for as long as somebody listens. */
const STREAMS: ReadonlySet<string> = new Set([runtimeRoutes.stream.path, STREAM_PATH]);

type Open = { facts: Partial<RequestFacts>; method: string; path: string; from: string; startedMs: number };
type Counted = { count: number; statuses: Record<string, number>; bytes: number; longestMs: number };

/**
 * One JSON line a request, when it is over: warned of where it took more than a second, and once more while it hangs. What
 * devices ask all the time, and whatever is more than a minute's lines of its kind, is one line a route and minute.
 * Nothing of a query, a header or a body is written, and of a path only its pattern.
 */
export function createRequestLog(options: { logger: Logger; uptimeMs?: () => number }): RequestLog {
  const { logger, uptimeMs = () => performance.now() } = options;
  const open = new Set<Open>();
  const hung = new WeakSet<Open>();
  let counted = new Map<string, Counted>();
  let lines = new Map<string, number>();

  function takeLine(kind: string): boolean {
    const written = lines.get(kind) ?? 0;
    lines.set(kind, written + 1);
    return written < LINES_MAX;
  }

  const fields = (request: Open, ms: number) => {
    const { requestId = null, route, who = null, queue, waitedMs } = request.facts;
    return {
      requestId,
      method: request.method,
      route: route ?? pathPattern(request.path),
      ms: Math.round(ms),
      ...(queue === undefined ? {} : { queue, waitedMs: Math.round(waitedMs ?? 0) }),
      ...(who === null ? { from: request.from } : { who }),
    };
  };

  function count(route: string, status: string, bytes: number, ms: number): void {
    const known = counted.get(route) ?? { count: 0, statuses: {}, bytes: 0, longestMs: 0 };
    known.count += 1;
    known.statuses[status] = (known.statuses[status] ?? 0) + 1;
    known.bytes += bytes;
    known.longestMs = Math.max(known.longestMs, ms);
    counted.set(route, known);
  }

  function end(request: Open, status: number | null, bytes: number): void {
    open.delete(request);
    const isStream = STREAMS.has(request.path);
    const { ms, ...rest } = fields(request, uptimeMs() - request.startedMs);
    const isSlow = ms > SLOW_MS && !isStream;
    const isWell = status !== null && status < 400;
    const told = status === null ? "aborted" : String(status);
    const isCounted = COUNTED.test(request.path) && isWell && !isSlow;
    if (isCounted || !takeLine(`${rest.route} ${told}`)) {
      count(rest.route, told, bytes, isStream ? 0 : ms);
      return;
    }
    logger(isSlow ? "warn" : "info", "request", { ...rest, status, ms, bytes });
  }

  function lookForHung(): void {
    const nowMs = uptimeMs();
    for (const request of open) {
      const ms = nowMs - request.startedMs;
      if (ms < HUNG_MS || hung.has(request) || STREAMS.has(request.path)) continue;
      hung.add(request);
      const line = fields(request, ms);
      if (takeLine(`${line.route} hangs`)) logger("warn", "request_hangs", line);
      else count(line.route, "hangs", 0, ms);
    }
  }

  function tellCounted(): void {
    const told = counted;
    counted = new Map();
    lines = new Map();
    for (const [route, figures] of told) logger("info", "requests", { route, ...figures });
  }

  const looking = setInterval(lookForHung, 1_000);
  const telling = setInterval(tellCounted, COUNTED_EVERY_MS);
  looking.unref();
  telling.unref();

  return {
    begin(request, response, from) {
      const [path = "/"] = (request.url ?? "/").split("?", 1);
      const entry: Open = { facts: {}, method: request.method ?? "", path, from, startedMs: uptimeMs() };
      open.add(entry);
      const { socket } = request;
      const sentBefore = socket.bytesWritten ?? 0;
      response.once("close", () => {
        const isOver = response.writableFinished || (STREAMS.has(path) && response.headersSent);
        end(entry, isOver ? response.statusCode : null, (socket.bytesWritten ?? 0) - sentBefore);
      });
      return { tell: (facts) => Object.assign(entry.facts, facts) };
    },
    lookForHung,
    tellCounted,
    close() {
      clearInterval(looking);
      clearInterval(telling);
      tellCounted();
    },
  };
}
