import type { MessagePort } from "node:worker_threads";
import { AppError, type ErrorCode, type ErrorDetail, isAppError } from "@/lib/platform/errors";
import type { LogLevel } from "@/lib/platform/logger";
import type { LaneBounds } from "../lanes/lanes";
import type { Recovery } from "../recovery";
import type { Announcement, Lane } from "../store";
import type { Statement } from "../store-connection";

/** What a client asks of the store's thread. It numbers its questions and its transactions itself. */
export type Question =
  | { ask: "query"; lane: Lane; statement: Statement }
  | { ask: "begin"; lane: Lane; transaction: number }
  | { ask: "statement"; transaction: number; statement: Statement }
  | { ask: "commit"; transaction: number; announcements: readonly Announcement[] }
  | { ask: "rollback"; transaction: number }
  | { ask: "tryJournal" | "tendJournal" | "figures" };
export type Asked = Question & { id: number };

/** What the store's thread says to a client: an answer by the question's number, or what was announced. */
export type Told = { id: number; value: unknown } | { id: number; error: WireError } | { heard: Announcement };

/** Since when the store is not open, and how often it was tried to open it again. */
export type Outage = { since: string; tries: number };

/** What a client hears of its connection: a port to ask at, each time the store is opened; that it fell; or that it is over. */
export type Connected = { connected: MessagePort } | { outage: Outage } | { ended: true };

/** Where the store's rows lie, as far as a thread can have them. */
export type WorkerLocation = { kind: "pglite"; dataDir: string; bundlesDir?: string } | { kind: "memory" };

/** What the store's thread is started with. */
export type WorkerStart = {
  location: WorkerLocation;
  seed: Blob | null;
  /** The program's version, where a store that has rows is backed up before it is migrated. */
  program: string | null;
  bounds: LaneBounds;
  silentMsMax: number;
  transactionMsMax: number;
  /** Two numbers that all may read: how often work of the database began or ended, and which kind of work it is. */
  watched: SharedArrayBuffer;
  reopened: { times: number; last: { at: string; why: string } | null };
};

/** What the store's thread says to the one that started it. */
export type Report =
  | { report: "opened"; recovery: Recovery }
  | { report: "not-opened"; error: WireError }
  | { report: "closed"; error: WireError | null }
  /** What the number of a kind of work stands for, told before the first of that kind. */
  | { report: "kind"; kind: number; name: string }
  | { report: "log"; level: LogLevel; event: string; fields: Record<string, unknown> };

/** What it is told by that one. */
export type Order = { order: "connect"; port: MessagePort } | { order: "close" };

/** An error as it crosses between threads: all that callers ask of it, and no value of a statement. */
export type WireError = {
  app: {
    code: ErrorCode;
    details: readonly ErrorDetail[];
    extra: Readonly<Record<string, string | number>>;
    retryAfterSeconds: number | undefined;
    isOverload: boolean;
  } | null;
  name: string;
  message: string;
  stack: string | undefined;
  /** What database and system say of it beside: SQLSTATE, constraint, path and the like. */
  own: Record<string, string | number | boolean>;
  cause: WireError | null;
};

const DEPTH_MAX = 6;
/** Members of the database's errors that hold a statement and its values. */
const VALUES = new Set(["query", "params", "queryOptions", "name", "message", "stack", "cause"]);

export function toWire(error: unknown, depth = 0): WireError {
  if (!(error instanceof Error)) {
    return { app: null, name: "Error", message: String(error), stack: undefined, own: {}, cause: null };
  }
  const own: WireError["own"] = {};
  const { name, message, stack, cause } = error;
  const app = isAppError(error) ? membersOf(error) : null;
  for (const [member, value] of Object.entries(error)) {
    const isPlain = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
    if (app === null && isPlain && !VALUES.has(member)) own[member] = value;
  }
  const isDeeper = cause !== undefined && cause !== null && depth < DEPTH_MAX;
  return { app, name, message, stack, own, cause: isDeeper ? toWire(cause, depth + 1) : null };
}

const membersOf = ({ code, details, extra, retryAfterSeconds, isOverload }: AppError): WireError["app"] => ({
  ...{ code, details, extra, retryAfterSeconds, isOverload },
});

export function fromWire({ app, name, message, stack, own, cause: wired }: WireError): Error {
  const cause = wired === null ? undefined : fromWire(wired);
  let error: Error;
  if (app === null) error = Object.assign(new Error(message, { cause }), own, { name });
  else {
    const { code, details, extra, retryAfterSeconds, isOverload } = app;
    const hint = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
    error = new AppError(code, message, { details, extra, isOverload, cause, ...hint });
  }
  if (stack !== undefined) error.stack = stack;
  return error;
}
