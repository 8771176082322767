import type { ServerResponse } from "node:http";
import { and, inArray, isNotNull } from "drizzle-orm";
import { devices } from "@/db/schema";
import type { Announcement, Store } from "@/db/store";
import { isAppError } from "@/lib/platform/errors";
import type { Logger } from "@/lib/platform/logger";
import { positionOf } from "@/native/core/documents/position";
import { STREAM_HEARTBEAT_SECONDS } from "@/native/core/wire/stream-event";
import type { DocumentCache, ServedDocument } from "../documents/document-cache";

export type StreamHub = {
  /** Takes over a response for good: greets, tells of revisions, and ends it when the device is revoked. */
  open(deviceId: string, response: ServerResponse): Promise<void>;
  openCount(): number;
  /** Ends every stream and stops listening. */
  close(): void;
};

/** A stream whose reader is this far behind is cut: it would cost memory, and its device fetches on reconnecting. */
const BACKLOG_BYTES_MAX = 64 * 1024;
/** A device has one stream; while it reconnects the old one may not know yet that it is dead. */
const STREAMS_PER_DEVICE = 2;

type Documents = Extract<Announcement, { topic: "documents" }>["documents"];

function frame(event: string, data?: unknown): string {
  return `event: ${event}\ndata: ${data === undefined ? "" : JSON.stringify(data)}\n\n`;
}

/** Programs first: devices fetch the named documents before they apply them with the platform's (spec §4). */
function revisionFrames(documents: Documents): string {
  const order = { keyset: 0, program: 1, platform: 2 } as const;
  return [...documents]
    .sort((a, b) => order[a.kind] - order[b.kind])
    .map(({ kind, appId, epoch, revision }) =>
      frame("revision", kind === "program" ? { kind, appId, epoch, revision } : { kind, epoch, revision }),
    )
    .join("");
}

/** The open streams of this process (spec §7), written by plain node http: thousands may be open and idle. */
export function createStreamHub(options: { store: Store; cache: DocumentCache; logger: Logger }): StreamHub {
  const { store, cache, logger } = options;
  const streams = new Map<string, Set<ServerResponse>>();

  function write(response: ServerResponse, text: string): void {
    if (response.writableLength > BACKLOG_BYTES_MAX) response.destroy();
    else response.write(text);
  }

  function broadcast(text: string): void {
    for (const open of streams.values()) for (const response of open) write(response, text);
  }

  function end(deviceId: string): void {
    for (const response of streams.get(deviceId) ?? []) response.end(frame("revoked"));
    streams.delete(deviceId);
  }

  /** Nothing is offered that could not be fetched. */
  async function offeredPlatform(): Promise<ServedDocument | null> {
    try {
      return await cache.newest("platform");
    } catch (error) {
      if (isAppError(error) && error.code === "unavailable") return null;
      throw error;
    }
  }

  async function greeting(): Promise<string> {
    const [keyset, platform] = await Promise.all([cache.newest("keyset"), offeredPlatform()]);
    return frame("hello", {
      ...(keyset === null ? {} : { keyset: positionOf(keyset) }),
      ...(platform === null ? {} : { platform: positionOf(platform) }),
    });
  }

  async function endRevoked(): Promise<void> {
    const asked = [...streams.keys()];
    if (asked.length === 0) return;
    const revoked = await store.db
      .select({ id: devices.id })
      .from(devices)
      .where(and(inArray(devices.id, asked), isNotNull(devices.revokedAt)));
    for (const { id } of revoked) end(id);
  }

  const report = (event: string) => (error: unknown) => logger("warn", event, { error });
  const stop = store.subscribe((announcement) => {
    if (announcement.topic === "documents") {
      if (announcement.documents.length > 0) broadcast(revisionFrames(announcement.documents));
      else greeting().then(broadcast).catch(report("stream_greeting_failed"));
    }
    if (announcement.topic === "devices") {
      if (announcement.deviceId === null) endRevoked().catch(report("stream_revocations_unread"));
      else if (announcement.revoked) end(announcement.deviceId);
    }
  });
  // The heartbeat also asks for revocations, in case another process's announcement got lost.
  const heartbeat = setInterval(() => {
    broadcast(": still here\n\n");
    endRevoked().catch(report("stream_revocations_unread"));
  }, STREAM_HEARTBEAT_SECONDS * 1000);
  heartbeat.unref();

  return {
    async open(deviceId, response) {
      response.writeHead(200, {
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-store",
        connection: "keep-alive",
        "x-accel-buffering": "no",
      });
      const own = streams.get(deviceId) ?? new Set<ServerResponse>();
      for (const oldest of own) {
        if (own.size < STREAMS_PER_DEVICE) break;
        own.delete(oldest);
        oldest.end();
      }
      own.add(response);
      streams.set(deviceId, own);
      response.on("close", () => {
        own.delete(response);
        if (own.size === 0 && streams.get(deviceId) === own) streams.delete(deviceId);
      });
      // Read after joining: a publish between the two is told twice rather than never.
      write(response, await greeting());
    },
    openCount: () => [...streams.values()].reduce((sum, open) => sum + open.size, 0),
    close() {
      clearInterval(heartbeat);
      stop();
      for (const open of streams.values()) for (const response of open) response.end();
      streams.clear();
    },
  };
}
