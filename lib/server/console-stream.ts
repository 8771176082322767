import type { IncomingMessage, ServerResponse } from "node:http";
import type { Announcement } from "@/db/store";
import { readSession } from "@/lib/auth/session-reader";
import { STREAM_BEAT, STREAM_BEAT_MS, type StreamEvent } from "@/lib/contracts/stream";
import { hasPermission } from "@/lib/domain/roles";
import { refuseNode } from "@/lib/http/refuse-node";
import { AppError } from "@/lib/platform/errors";
import type { ServiceContext } from "@/lib/services/context";

export type ConsoleStreams = {
  /** `GET /api/console/v1/stream`: tells which reads are out of date. Never rejects. */
  open(request: IncomingMessage, response: ServerResponse): Promise<void>;
  close(): void;
};

/** A browser sees several hundred batches a second as one "look again". */
const TOGETHER_MS = 250;
const BACKLOG_BYTES_MAX = 64 * 1024;
const STREAMS_PER_SESSION = 12;

type OpenStream = { response: ServerResponse; cookie: string | undefined; sessionId: string };

function appIdsOf(announcement: Announcement): string[] | undefined {
  if ("appIds" in announcement) return announcement.appIds.length > 0 ? announcement.appIds : undefined;
  if (announcement.topic !== "documents") return undefined;
  const named = announcement.documents.flatMap(({ appId }) => (appId === null ? [] : [appId]));
  return named.length > 0 ? named : undefined;
}

/** Announcements gathered for a moment: one event a topic, with every program that was named. */
function createGathering(flush: (events: StreamEvent[]) => void) {
  const topics = new Map<StreamEvent["topic"], Set<string> | null>();
  let timer: NodeJS.Timeout | undefined;
  const send = () => {
    timer = undefined;
    const events = [...topics].map(([topic, appIds]) => (appIds === null ? { topic } : { topic, appIds: [...appIds] }));
    topics.clear();
    flush(events);
  };
  return {
    add(topic: StreamEvent["topic"], named?: readonly string[]) {
      const known = topics.get(topic);
      // Without names everything of the topic is out of date, and stays so.
      const isWhole = named === undefined || (topics.has(topic) && known === null);
      topics.set(topic, isWhole ? null : new Set([...(known ?? []), ...named]));
      timer ??= setTimeout(send, TOGETHER_MS);
    },
    stop: () => clearTimeout(timer),
  };
}

/**
 * The browsers' streams. Who listens is asked of the session's row when a stream opens and at each heartbeat, and at
 * once when sessions or people change: a stream does not outlive its session.
 */
export function createConsoleStreams(context: ServiceContext, heartbeatMs = STREAM_BEAT_MS): ConsoleStreams {
  const open = new Set<OpenStream>();
  const sessions = { ...context, store: context.store.in("sign-in") };

  function write(stream: OpenStream, text: string): void {
    if (stream.response.writableLength > BACKLOG_BYTES_MAX) stream.response.destroy();
    else stream.response.write(text);
  }

  /** One that has to read first what it was sent is not waited for. */
  function end(stream: OpenStream): void {
    open.delete(stream);
    if (stream.response.writableLength > 0) stream.response.destroy();
    else stream.response.end();
  }

  async function endDead(): Promise<void> {
    for (const stream of [...open]) {
      const actor = await readSession(sessions, stream.cookie);
      if (actor === null || !hasPermission(actor.role, "console.read")) end(stream);
    }
  }
  const checkSessions = () => {
    endDead().catch((error: unknown) => context.logger("warn", "console_streams_unchecked", { error }));
  };

  const gathering = createGathering((events) => {
    const text = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");
    for (const stream of open) write(stream, text);
  });
  const stop = context.store.subscribe((announcement) => {
    if (announcement.topic === "probe" || announcement.topic === "watch") return;
    gathering.add(announcement.topic, appIdsOf(announcement));
    if (announcement.topic === "sessions" || announcement.topic === "people") checkSessions();
  });
  // Nobody announces that a key was lost or a disk filled up: while somebody looks, it is looked for.
  let lastStates = "";
  async function lookAtReadiness(): Promise<void> {
    if (open.size === 0) return;
    const { checks } = await context.readiness.read();
    const states = checks.map(({ name, state }) => `${name} ${state}`).join();
    if (lastStates !== "" && lastStates !== states) gathering.add("readiness");
    lastStates = states;
  }
  const heartbeat = setInterval(() => {
    for (const stream of open) write(stream, `event: ${STREAM_BEAT}\ndata:\n\n`);
    checkSessions();
    void lookAtReadiness();
  }, heartbeatMs);
  heartbeat.unref();

  async function start(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { cookie } = request.headers;
    const actor = await readSession(sessions, cookie);
    if (actor === null) throw new AppError("unauthenticated", "Sign in first.");
    if (!hasPermission(actor.role, "console.read")) throw new AppError("forbidden", "Your role does not allow this.");
    // Whoever hung up meanwhile is told nothing, and closes nothing any more.
    if (response.destroyed) return;
    const [first, ...others] = [...open].filter(({ sessionId }) => sessionId === actor.sessionId);
    if (first !== undefined && others.length >= STREAMS_PER_SESSION - 1) end(first);
    const stream: OpenStream = { response, cookie, sessionId: actor.sessionId };
    open.add(stream);
    response.on("close", () => open.delete(stream));
    response.writeHead(200, {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store",
      "x-accel-buffering": "no",
      "x-content-type-options": "nosniff",
    });
    response.write("retry: 2000\n\n");
  }

  return {
    async open(request, response) {
      try {
        await start(request, response);
      } catch (error) {
        if (response.headersSent) {
          response.destroy();
          return;
        }
        await refuseNode(response, error, context);
      }
    },
    close() {
      clearInterval(heartbeat);
      gathering.stop();
      stop();
      for (const stream of [...open]) end(stream);
    },
  };
}
