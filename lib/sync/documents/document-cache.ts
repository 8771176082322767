import { readContinuity } from "@/db/continuity";
import { newestDocument } from "@/db/newest-document";
import type { Announcement, Store } from "@/db/store";
import { AppError } from "@/lib/platform/errors";
import type { Position } from "@/native/core/documents/position";
import type { SyncContext } from "../context";
import { isBehind } from "../continuity/continuity-state";
import { isBelowFloor } from "../continuity/resume";

export type ServedDocument = Position & { etag: string; body: string };
export type DocumentName = "keyset" | "platform" | `program:${string}`;

export type DocumentCache = {
  /**
   * The newest document; null where there is none. Raises `unavailable` for a platform or program document while devices
   * may hold newer ones (spec 7.8), and for what does not verify: an older one never takes its place.
   */
  newest(name: DocumentName): Promise<ServedDocument | null>;
  /** One step of the keyset chain. Kept for good: it never changes. */
  keyset(revision: number): Promise<ServedDocument | null>;
  close(): void;
};

/** How long an entry is believed without hearing of a new one, where every publish is this process's own. */
const TRUST_MS = 2_000;
const ENTRIES_MAX = 2_000;
/** A person has to look first; the stream tells of the documents when they are there. */
const BEHIND_RETRY_SECONDS = 30;

type Entry = { atMs: number; document: Promise<ServedDocument | null> };

/**
 * Newest documents, as bytes ready to be served. With the embedded store they stay in memory until an announcement drops
 * them, before anyone asks again; what is being read at that moment is dropped as well. On Postgres another process may
 * publish, and a device that heard of it there may ask here first: every request is then answered by a reading that
 * began after it, which it shares with those of the same turn of the event loop.
 */
export function createDocumentCache(
  store: Store,
  { clock, keysets, guard }: Pick<SyncContext, "clock" | "keysets" | "guard">,
): DocumentCache {
  const entries = new Map<DocumentName, Entry>();
  const steps = new Map<number, ServedDocument>();
  const readings = new Map<DocumentName, Promise<ServedDocument | null>>();

  const stop = store.subscribe((announcement: Announcement) => {
    if (announcement.topic !== "documents") return;
    if (announcement.documents.length === 0) entries.clear();
    for (const { kind, appId } of announcement.documents) {
      entries.delete(kind === "program" ? `program:${appId ?? ""}` : kind);
    }
  });

  async function read(name: DocumentName): Promise<ServedDocument | null> {
    if (name === "keyset") {
      const newest = (await keysets.require(store.db)).at(-1);
      return newest === undefined ? null : toServed(newest.jws, "keyset", newest.claims);
    }
    if (await isBehind(store.db)) throw waiting();
    const kind = name === "platform" ? "platform" : "program";
    const row = await newestDocument(store.db, kind, kind === "platform" ? "" : name.slice("program:".length));
    if (row === null) return null;
    if (kind === "program" && isBelowFloor(row, await readContinuity(store.db))) throw waiting();
    await guard.require(store.db, row);
    return toServed(row.jws, row.sha256.slice(0, 16), row);
  }

  function readShared(name: DocumentName): Promise<ServedDocument | null> {
    const joined = readings.get(name);
    if (joined !== undefined) return joined;
    const reading = new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      readings.delete(name);
      return read(name);
    });
    readings.set(name, reading);
    return reading;
  }

  return {
    newest(name) {
      if (store.kind === "postgres") return readShared(name);
      const known = entries.get(name);
      if (known !== undefined && Math.abs(clock.nowMs() - known.atMs) < TRUST_MS) return known.document;
      if (entries.size >= ENTRIES_MAX) entries.clear();
      const entry: Entry = { atMs: clock.nowMs(), document: read(name) };
      entries.set(name, entry);
      entry.document.catch(() => {
        if (entries.get(name) === entry) entries.delete(name);
      });
      return entry.document;
    },
    async keyset(revision) {
      const known = steps.get(revision);
      if (known !== undefined) return known;
      const found = (await keysets.require(store.db)).find(({ claims }) => claims.revision === revision);
      if (found === undefined) return null;
      const served = toServed(found.jws, "keyset", found.claims);
      if (steps.size < ENTRIES_MAX) steps.set(revision, served);
      return served;
    },
    close: stop,
  };
}

const waiting = () =>
  new AppError("unavailable", "Documents wait until they are signed again; keep what you have.", {
    retryAfterSeconds: BEHIND_RETRY_SECONDS,
  });

/** Strong: a revision is signed once, so its bytes never change. */
function toServed(body: string, mark: string, { epoch, revision }: Position): ServedDocument {
  return { etag: `"${mark}-${epoch}-${revision}"`, body, epoch, revision };
}
