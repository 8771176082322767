import {
  Agent,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { Duplex } from "node:stream";
import { addressBlock } from "@/lib/auth/address-block";
import { CLIENT_ADDRESS_HEADER } from "@/lib/auth/client-origin";
import { errorResponse } from "@/lib/http/error-response";
import { isToldHeader, toldOf } from "@/lib/http/told";
import { AppError, ERROR_STATUS, isAppError } from "@/lib/platform/errors";
import { type Ids, isIdOf } from "@/lib/platform/ids";
import type { Logger } from "@/lib/platform/logger";
import { systemTimers, type Timers } from "@/lib/platform/timers";
import { bodyQueueOf, type ConsoleQueueName, type ConsoleQueues, consoleQueueOf } from "./admission/console-queues";
import { createReadAhead } from "./admission/read-ahead";
import type { Turn } from "./admission/turn-queue";
import { busyPage } from "./busy-page";
import { OWN_MARK_HEADER } from "./client-address";
import { sendResponse } from "./node-fetch";
import { handBack } from "./requests/hand-back";
import type { KnownSessions } from "./requests/known-sessions";
import type { RequestLine } from "./requests/request-log";
import { bytesToCome, hasBody, readWholeBody } from "./requests/whole-body";

export type Forwarder = {
  /** Hands a request on to the console and its answer back. Never rejects. */
  handler(request: IncomingMessage, response: ServerResponse, call: { from: string; line: RequestLine }): Promise<void>;
  /** Hands a connection on that becomes another protocol's: Next's development server alone asks for it. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  close(): void;
};

export type ForwarderPorts = {
  /** Where the console listens; null while it does not. */
  socketPath(): string | null;
  queues: ConsoleQueues;
  sessions: KnownSessions;
  ids: Ids;
  logger: Logger;
  /** Says of a request that this process asked itself (`ClientAddresses`). */
  ownMark: string;
  answerMsMax?: number;
  timers?: Timers;
};

const MIB = 1024 * 1024;
/** How long a body may arrive: forms and decisions are small, and a slow one keeps a place from whoever signs in or decides. */
const BODY_MS_MAX = { "decision-bodies": 15_000, bodies: 15_000, "known-bodies": 60_000 } as const;
/** So much of an answer is taken over before its reader has it; its turn is given back then. */
const AHEAD_BYTES = { answer: MIB, ofOneMax: 8 * MIB, bytesMax: 64 * MIB } as const;
const ANSWER_BYTES_A_SECOND = 64 * 1024;
/** A console that has said nothing of an answer by then will not; a page that is made first takes longer. */
export const ANSWER_MS_MAX = { built: 60_000, development: 600_000 } as const;
const DOWN_RETRY_SECONDS = 2;

/** Of one connection alone (RFC 9110 §7.6.1), and what this side says anew. */
const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "expect",
]);
/** What this server tells itself; from outside it is nobody's word. */
const OWN = /^x-bulkhead-/;

function namedByConnection(headers: IncomingHttpHeaders): Set<string> {
  return new Set((headers.connection ?? "").split(",").map((name) => name.trim().toLowerCase()));
}

function requestHeaders(
  request: IncomingMessage,
  from: string,
  body: Buffer | null,
  ownMark: string,
): Record<string, string | string[]> {
  const named = namedByConnection(request.headers);
  const headers: Record<string, string | string[]> = {};
  for (const [name, values = []] of Object.entries(request.headersDistinct)) {
    if (HOP_BY_HOP.has(name) || named.has(name) || OWN.test(name) || name === "content-length") continue;
    const [only = ""] = values;
    headers[name] = values.length === 1 ? only : values;
  }
  // As Next sets it where it has the socket; sign-in is throttled by the other, which nobody outside can set.
  headers["x-forwarded-for"] ??= from;
  headers[CLIENT_ADDRESS_HEADER] = from;
  headers[OWN_MARK_HEADER] = ownMark;
  if (body !== null) headers["content-length"] = String(body.byteLength);
  return headers;
}

function copyHeaders(answer: IncomingMessage, response: ServerResponse): void {
  const named = namedByConnection(answer.headers);
  for (const [name, values = []] of Object.entries(answer.headersDistinct)) {
    if (HOP_BY_HOP.has(name) || named.has(name) || isToldHeader(name)) continue;
    response.setHeader(name, name === "set-cookie" || values.length > 1 ? values : (values[0] ?? ""));
  }
}

/** A request on its way: whose it is, and the turn that it has. */
type Call = {
  path: string;
  from: string;
  line: RequestLine;
  body: Buffer | null;
  whose: string;
  queue: ConsoleQueueName;
  turn: Turn;
};

const down = (message: string) =>
  new AppError("unavailable", message, { retryAfterSeconds: DOWN_RETRY_SECONDS, isOverload: true });
const STARTS = "The console starts. Devices are served meanwhile; ask again in a moment.";
const LATE = "The console did not answer in time. Look whether it was done before you ask again.";
const FELL =
  "The console fell over this request, and starts again. Devices are served meanwhile. Look whether it was done before you ask again.";

/**
 * Hands what is the console's on to its thread (`console-thread.ts`), by a socket that nobody else can reach: in bounded
 * queues with a share for each person and address, so that nobody keeps a decision out. What the thread does not answer,
 * because it starts, fell or has too much to do, is 503 with `Retry-After`.
 */
export function createForwarder(ports: ForwarderPorts): Forwarder {
  const { socketPath, queues, sessions, ids, logger, ownMark } = ports;
  const { answerMsMax = ANSWER_MS_MAX.built, timers = systemTimers } = ports;
  const ahead = createReadAhead(AHEAD_BYTES);
  /** Connections that became another protocol's: no server knows them any more. */
  const changed = new Set<Duplex>();
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 64 });

  async function refuse(error: unknown, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (response.headersSent || response.destroyed) {
      response.destroy();
      return;
    }
    const isForPeople = !request.url?.startsWith("/api/");
    const isBusy = isAppError(error) && ERROR_STATUS[error.code] === 503;
    const requestId = ids.next("request");
    const refusal = isForPeople && isBusy ? busyPage(error, requestId) : errorResponse(error, requestId, logger);
    await sendResponse(refusal, request, response);
  }

  /** A body whole, before it takes a turn: whoever sends slowly holds none. Null where there is none. */
  async function arrive(
    request: IncomingMessage,
    { whose, queue, isKnown }: Pick<Call, "whose" | "queue"> & { isKnown: boolean },
  ): Promise<Buffer | null> {
    if (!hasBody(request)) return null;
    const bytes = bytesToCome(request);
    const bodyQueue = bodyQueueOf(queue, bytes, isKnown);
    const place = queues[bodyQueue].enter(whose, bytes);
    request.once("close", place.leave);
    try {
      await place.came;
      return await readWholeBody(request, BODY_MS_MAX[bodyQueue], timers);
    } finally {
      place.leave();
    }
  }

  /** Resolves when the answer has begun to be handed back; what follows is between the two sockets. */
  function relay(
    request: IncomingMessage,
    response: ServerResponse,
    { path, from, line, body, whose, queue, turn }: Call,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      const asked = httpRequest({
        socketPath: path,
        agent,
        method: request.method,
        path: request.url,
        headers: requestHeaders(request, from, body, ownMark),
      });
      let why: string = FELL;
      const inTime = timers.after(answerMsMax, () => {
        why = LATE;
        asked.destroy(new Error("no answer in time"));
      });
      response.once("close", () => {
        inTime();
        asked.destroy();
      });
      asked.on("error", (cause) => {
        inTime();
        // Whoever asked is gone: that ended it.
        if (response.destroyed) resolve();
        else reject(down((cause as NodeJS.ErrnoException).code === "ECONNREFUSED" ? STARTS : why));
      });
      asked.on("response", (answer) => {
        inTime();
        const told = toldOf((name) => answer.headers[name] as string | undefined);
        const isPerson = told.actor !== null && isIdOf("person", told.actor);
        if (isPerson || answer.statusCode === 401) sessions.learn(request.headers.cookie, isPerson ? told.actor : null);
        response.statusCode = answer.statusCode ?? 502;
        copyHeaders(answer, response);
        if (!response.hasHeader("x-request-id")) response.setHeader("x-request-id", ids.next("request"));
        line.tell({
          requestId: String(response.getHeader("x-request-id")),
          ...(told.route === null ? {} : { route: told.route }),
          ...(told.actor === null ? {} : { who: told.actor }),
        });
        const isStream = queue === "console-streams";
        const { bytes: aheadBytes, giveBack } = ahead.reserve(whose, isStream ? 0 : AHEAD_BYTES.answer);
        response.once("close", giveBack);
        handBack(answer, response, {
          aheadBytes,
          pace: isStream ? null : { seconds: answerMsMax / 1000, bytesASecond: ANSWER_BYTES_A_SECOND },
          timers,
          onArrived: turn.leave,
        });
        resolve();
      });
      asked.end(body ?? undefined);
    });
  }

  return {
    async handler(request, response, { from, line }) {
      try {
        const person = sessions.find(request.headers.cookie);
        if (person !== null) line.tell({ who: person });
        const whose = person ?? addressBlock(from);
        const [path = "/"] = (request.url ?? "/").split("?", 1);
        const queue = consoleQueueOf(request.method ?? "GET", path, person !== null);
        // Before a body is read, and again when its turn has come.
        if (socketPath() === null) throw down(STARTS);
        const body = await arrive(request, { whose, queue, isKnown: person !== null });
        const turn = queues[queue].enter(whose, body?.byteLength ?? 0);
        response.once("close", turn.leave);
        line.tell({ queue, waitedMs: await turn.came });
        const socket = socketPath();
        if (socket === null) throw down(STARTS);
        await relay(request, response, { path: socket, from, line, body, whose, queue, turn });
      } catch (error) {
        await refuse(error, request, response).catch((cause: unknown) => {
          logger("warn", "answer_not_sent", { error: cause });
          response.destroy();
        });
      }
    },
    upgrade(request, socket, head) {
      const path = socketPath();
      if (path === null) {
        socket.destroy();
        return;
      }
      const asked = httpRequest({
        socketPath: path,
        path: request.url,
        headers: { ...request.headers, [CLIENT_ADDRESS_HEADER]: "development" },
      });
      asked.on("upgrade", (answer, upstream, rest) => {
        const lines = answer.rawHeaders.flatMap((name, at) =>
          at % 2 === 0 ? [`${name}: ${answer.rawHeaders[at + 1]}`] : [],
        );
        socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join("\r\n")}\r\n\r\n`);
        socket.write(rest);
        upstream.write(head);
        upstream.pipe(socket).pipe(upstream);
        changed.add(socket);
        upstream.on("error", () => socket.destroy());
        upstream.on("close", () => socket.destroy());
        socket.on("close", () => {
          changed.delete(socket);
          upstream.destroy();
        });
      });
      asked.on("response", () => socket.destroy());
      asked.on("error", () => socket.destroy());
      socket.on("error", () => asked.destroy());
      asked.end();
    },
    close() {
      for (const queue of Object.values(queues)) queue.close();
      for (const socket of changed) socket.destroy();
      agent.destroy();
    },
  };
}
