import type { ServerResponse } from "node:http";
import { and, inArray, isNotNull, sql } from "drizzle-orm";
import { devices } from "@/db/schema";
import type { Announcement, Pace, Store } from "@/db/store";
import type { QueueFigures } from "@/lib/contracts/readiness";
import { AppError, isAppError } from "@/lib/platform/errors";
import type { Logger } from "@/lib/platform/logger";
import { positionOf } from "@/native/core/documents/position";
import { STREAM_HEARTBEAT_SECONDS } from "@/native/core/wire/stream-event";
import type { DocumentCache, ServedDocument } from "../documents/document-cache";
import { createDeliveries, type DeliveryPorts, systemDelivery } from "./stream-deliveries";

export type StreamHub = {
  /**
   * Takes over a response for good: greets, tells of revisions of these programs (null: of all), of the platform document
   * and the keyset, and ends it when the device is revoked. Raises `unavailable` with a jittered `Retry-After` where this process
   * has as many as it may: the device asks for its documents meanwhile, and nothing was written to the response.
   */
  open(deviceId: string, programs: ReadonlySet<string> | null, response: ServerResponse): Promise<void>;
  /** Asks a device to report now, on its streams here. */
  reportNow(deviceId: string): void;
  openCount(): number;
  /** How many there are and may be, and how many were sent away in the last minute. */
  figures(): QueueFigures;
  /** Ends every stream and stops listening. */
  close(): void;
};

/** A stream whose reader is this far behind is cut: it would cost memory, and its device fetches on reconnecting. */
const BACKLOG_BYTES_MAX = 64 * 1024;
/** What could not be read when all should look again is read again after this time. */
const LOOK_AGAIN_MS = 1_000;
/** Each costs some 15 KB, and every one is written to at each publish. */
const STREAMS_MAX = 20_000;
const RETRY_SECONDS = { least: 5, more: 25 } as const;
const LATELY_MS = 60_000;
/** A device has one stream; while it reconnects the old one may not know yet that it is dead. */
const STREAMS_PER_DEVICE = 2;
/** Over how long devices are told of what may wait, so that they do not all fetch at once: by how many there are. */
const SPREAD = { soon: { msEach: 1, msMax: 5_000 }, calm: { msEach: 10, msMax: 30_000 } } as const satisfies Record<
  Pace,
  { msEach: number; msMax: number }
>;

/** A decision changes few documents. */
const READ_AHEAD_MAX = 4;

type Documents = Extract<Announcement, { topic: "documents" }>["documents"];
type Stream = { deviceId: string; programs: ReadonlySet<string> | null; response: ServerResponse };
/** `appId` is null where everybody hears it. */
type Frame = { appId: string | null; text: string };

function frame(event: string, data?: unknown): string {
  return `event: ${event}\ndata: ${data === undefined ? "" : JSON.stringify(data)}\n\n`;
}

/** Programs before the platform: devices fetch the named documents before they apply them with the platform's (spec §4). */
function revisionFrames(documents: Documents): Frame[] {
  const order = { keyset: 0, program: 1, platform: 2 } as const;
  return [...documents]
    .sort((a, b) => order[a.kind] - order[b.kind])
    .map(({ kind, appId, epoch, revision }) =>
      kind === "program"
        ? { appId, text: frame("revision", { kind, appId, epoch, revision }) }
        : { appId: null, text: frame("revision", { kind, epoch, revision }) },
    );
}

/** The open streams of this process (spec 7.16), written by plain node http: thousands may be open and idle. */
export function createStreamHub(options: {
  store: Store;
  cache: DocumentCache;
  logger: Logger;
  delivery?: DeliveryPorts;
  streamsMax?: number;
}): StreamHub {
  const { store, cache, logger, delivery = systemDelivery, streamsMax = STREAMS_MAX } = options;
  const deliveries = createDeliveries<Stream>(delivery);
  const streams = new Set<Stream>();
  const byDevice = new Map<string, Set<Stream>>();
  /** Who hears of a program; those who hear of all stand apart. */
  const byProgram = new Map<string, Set<Stream>>();
  const ofAll = new Set<Stream>();
  const refusedAt: number[] = [];
  let isClosed = false;

  function refusedLately(): number {
    while ((refusedAt[0] ?? Number.POSITIVE_INFINITY) < delivery.nowMs() - LATELY_MS) refusedAt.shift();
    return refusedAt.length;
  }

  /** A device that has one here already takes its place. */
  function requireRoom(deviceId: string): void {
    if (streams.size < streamsMax || byDevice.has(deviceId)) return;
    refusedLately();
    refusedAt.push(delivery.nowMs());
    throw new AppError("unavailable", "There are as many streams here as there may be. Ask again later.", {
      retryAfterSeconds: RETRY_SECONDS.least + delivery.random() * RETRY_SECONDS.more,
      isOverload: true,
    });
  }

  function write({ response }: Stream, text: string): void {
    if (text === "" || response.writableEnded || response.destroyed) return;
    if (response.writableLength > BACKLOG_BYTES_MAX) response.destroy();
    else response.write(text);
  }

  function join(stream: Stream): void {
    streams.add(stream);
    add(byDevice, stream.deviceId, stream);
    if (stream.programs === null) ofAll.add(stream);
    for (const appId of stream.programs ?? []) add(byProgram, appId, stream);
  }

  function leave(stream: Stream): void {
    streams.delete(stream);
    remove(byDevice, stream.deviceId, stream);
    ofAll.delete(stream);
    for (const appId of stream.programs ?? []) remove(byProgram, appId, stream);
  }

  /** What all who listen ask for within a moment is read, and held to its signature, while they are being told of it. */
  function readAhead(documents: Documents): void {
    for (const { kind, appId } of documents.slice(0, READ_AHEAD_MAX)) {
      // Where it cannot be handed out, whoever asks for it is told why.
      cache.newest(kind === "program" ? `program:${appId}` : kind).catch(() => undefined);
    }
  }

  function tell(documents: Documents, pace: Pace | undefined): void {
    const frames = revisionFrames(documents);
    const isForAll = frames.some(({ appId }) => appId === null);
    const named = frames.flatMap(({ appId }) => [...(byProgram.get(appId ?? "") ?? [])]);
    const targets = isForAll ? [...streams] : [...new Set([...ofAll, ...named])];
    const deliver = (stream: Stream) => {
      const own = frames.filter(({ appId }) => appId === null || (stream.programs?.has(appId) ?? true));
      write(stream, own.map(({ text }) => text).join(""));
    };
    if (pace === undefined) {
      if (targets.length > 0) readAhead(documents);
      deliveries.now(targets, deliver);
      return;
    }
    const { msEach, msMax } = SPREAD[pace];
    deliveries.spread(Math.min(msMax, msEach * targets.length), targets, deliver);
  }

  function end(deviceId: string): void {
    for (const stream of [...(byDevice.get(deviceId) ?? [])]) {
      leave(stream);
      stream.response.end(frame("revoked"));
    }
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

  async function readGreeting(): Promise<string> {
    const [keyset, platform] = await Promise.all([cache.newest("keyset"), offeredPlatform()]);
    return frame("hello", {
      ...(keyset === null ? {} : { keyset: positionOf(keyset) }),
      ...(platform === null ? {} : { platform: positionOf(platform) }),
    });
  }

  let greetingToCome: Promise<string> | undefined;
  /** Read after it was asked for; those who ask in one turn of the event loop share it. */
  function greeting(): Promise<string> {
    greetingToCome ??= new Promise<void>((resolve) => delivery.nextTurn(resolve)).then(() => {
      greetingToCome = undefined;
      return readGreeting();
    });
    return greetingToCome;
  }

  async function greetAll(): Promise<void> {
    const text = await greeting();
    deliveries.now([...streams], (stream) => write(stream, text));
  }

  async function endRevoked(): Promise<void> {
    if (byDevice.size === 0) return;
    // One parameter however many are asked for.
    const asked = sql`(select jsonb_array_elements_text(${JSON.stringify([...byDevice.keys()])}::text::jsonb))`;
    const revoked = await store
      .in("decide")
      .db.select({ id: devices.id })
      .from(devices)
      .where(and(inArray(devices.id, asked), isNotNull(devices.revokedAt)));
    for (const { id } of revoked) end(id);
  }

  const report = (event: string) => (error: unknown) => logger("warn", event, { error });

  /** Whatever was missed stays missed until the store can be read. */
  function greetAtLast(): void {
    greetAll().catch((error: unknown) => {
      report("stream_greeting_failed")(error);
      delivery.after(LOOK_AGAIN_MS, () => {
        if (!isClosed) greetAtLast();
      });
    });
  }
  const stop = store.subscribe((announcement) => {
    if (announcement.topic === "documents") {
      if (announcement.documents.length > 0) tell(announcement.documents, announcement.pace);
      else greetAtLast();
    }
    if (announcement.topic === "devices") {
      if (announcement.deviceId === null) endRevoked().catch(report("stream_revocations_unread"));
      else if (announcement.revoked) end(announcement.deviceId);
    }
  });
  // The heartbeat also asks for revocations, in case another process's announcement got lost.
  const heartbeat = setInterval(() => {
    const windowMs = Math.min(SPREAD.soon.msMax, SPREAD.soon.msEach * streams.size);
    deliveries.spread(windowMs, [...streams], (stream) => write(stream, ": still here\n\n"));
    endRevoked().catch(report("stream_revocations_unread"));
  }, STREAM_HEARTBEAT_SECONDS * 1000);
  heartbeat.unref();

  return {
    async open(deviceId, programs, response) {
      requireRoom(deviceId);
      response.writeHead(200, {
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-store",
        connection: "keep-alive",
        "x-accel-buffering": "no",
      });
      const own = [...(byDevice.get(deviceId) ?? [])];
      const ownMax = streams.size < streamsMax ? STREAMS_PER_DEVICE : 1;
      for (const oldest of own.slice(0, Math.max(0, own.length + 1 - ownMax))) {
        leave(oldest);
        oldest.response.end();
      }
      // Gone while it was recognised: it would never leave.
      if (response.destroyed) return;
      const stream = { deviceId, programs, response };
      join(stream);
      response.on("close", () => leave(stream));
      // Read after joining: a publish between the two is told twice rather than never.
      write(stream, await greeting());
    },
    reportNow(deviceId) {
      for (const stream of byDevice.get(deviceId) ?? []) write(stream, frame("reportNow"));
    },
    openCount: () => streams.size,
    figures: () => ({
      name: "device-streams",
      running: streams.size,
      runningMax: streamsMax,
      ...{ waiting: 0, waitingMax: 0, longestMs: 0, longestWaitMs: 0 },
      refusedLately: refusedLately(),
    }),
    close() {
      isClosed = true;
      clearInterval(heartbeat);
      stop();
      deliveries.close();
      for (const stream of [...streams]) {
        leave(stream);
        stream.response.end();
      }
    },
  };
}

function add<K>(index: Map<K, Set<Stream>>, key: K, stream: Stream): void {
  const own = index.get(key) ?? new Set<Stream>();
  index.set(key, own.add(stream));
}

function remove<K>(index: Map<K, Set<Stream>>, key: K, stream: Stream): void {
  const own = index.get(key);
  own?.delete(stream);
  if (own?.size === 0) index.delete(key);
}
