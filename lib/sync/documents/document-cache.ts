import { documentAt, readStandings, type Standing, type Standings } from "@/db/newest-document";
import type { Store } from "@/db/store";
import { AppError } from "@/lib/platform/errors";
import type { Position } from "@/native/core/documents/position";
import type { SyncContext } from "../context";
import { isBehindOf } from "../continuity/continuity-state";
import { isBelowFloor } from "../continuity/resume";
import { gatherReadings } from "../gathered-reading";
import type { WalkedKeyset } from "../trust/keyset-chain";

/** `body`: the bytes as they are sent, to each device the same. */
export type ServedDocument = Position & { etag: string; body: Buffer };
export type DocumentName = "keyset" | "platform" | `program:${string}`;

export type DocumentCache = {
  /**
   * The newest document; null where there is none. Raises `unavailable` for a platform or program document while devices
   * may hold newer ones (spec 7.8), for a program's of an epoch that is over, and for what does not verify: an older one
   * never takes its place.
   */
  newest(name: DocumentName): Promise<ServedDocument | null>;
  /** The same for a device; `isRevoked` as of the very same moment, null where there is no such device. */
  newestFor(
    name: DocumentName,
    deviceId: string,
  ): Promise<{ isRevoked: boolean | null; document(): Promise<ServedDocument | null> }>;
  /** One step of the keyset chain; null where there is none, or it is not offered yet. */
  keyset(revision: number): Promise<ServedDocument | null>;
};

/** What documents may take in memory, in bytes; the one that was asked for longest ago goes first. */
const KEPT_BYTES_MAX = 32 * 1024 * 1024;
/** A person has to look first; the stream tells of the documents when they are there. */
const BEHIND_RETRY_SECONDS = 30;

/** Documents by name, each as of one `mark`; bounded by their size. */
function createShelf(bytesMax: number) {
  const kept = new Map<DocumentName, { mark: string; document: ServedDocument }>();
  let bytes = 0;
  function drop(name: DocumentName): void {
    bytes -= kept.get(name)?.document.body.length ?? 0;
    kept.delete(name);
  }
  return {
    find(name: DocumentName, mark: string): ServedDocument | undefined {
      const found = kept.get(name);
      if (found?.mark !== mark) return undefined;
      kept.delete(name);
      kept.set(name, found);
      return found.document;
    },
    keep(name: DocumentName, mark: string, document: ServedDocument): void {
      drop(name);
      kept.set(name, { mark, document });
      bytes += document.body.length;
      for (const oldest of kept.keys()) {
        if (bytes <= bytesMax) return;
        drop(oldest);
      }
    },
  };
}

/** What is asked of one reading, each by its mark. */
const [PROGRAM, DEVICE] = ["program:", "device:"];

/**
 * Newest documents, ready to be served. Which one is the newest, and whether it may be handed out at all, is asked of the
 * store for every request by a query that began after it, so that no process answers with an old one; requests of the same
 * moment share that query. Bytes come from memory, and from the store where they are not there as they
 * stand: then they are held to their signature.
 */
export function createDocumentCache(
  store: Pick<Store, "in">,
  { keysets, guard }: Pick<SyncContext, "keysets" | "guard">,
  bytesMax = KEPT_BYTES_MAX,
): DocumentCache {
  const { db } = store.in("decide");
  const shelf = createShelf(bytesMax);
  const readings = new Map<string, Promise<ServedDocument>>();
  let walked: { versions: string; keysets: readonly WalkedKeyset[] } | undefined;
  const gathered = gatherReadings((keys) => {
    const named = (mark: string) => keys.flatMap((key) => (key.startsWith(mark) ? [key.slice(mark.length)] : []));
    return readStandings(db, named(PROGRAM), named(DEVICE));
  });
  const standings = (appId: string | null) => gathered(appId === null ? [] : [PROGRAM + appId]);

  async function read(name: DocumentName, appId: string | null, at: Standing, mark: string): Promise<ServedDocument> {
    const row = await documentAt(db, appId === null ? "platform" : "program", appId ?? "", at);
    // Taken out of the database a moment ago.
    if (row === null) throw waiting();
    await guard.require(db, row);
    const document = toServed(row.jws, row.sha256.slice(0, 16), row);
    shelf.keep(name, mark, document);
    return document;
  }

  function bytesOf(name: DocumentName, appId: string | null, at: Standing): Promise<ServedDocument> {
    const mark = [at.epoch, at.revision, at.sha256, at.version].join(" ");
    const kept = shelf.find(name, mark);
    if (kept !== undefined) return Promise.resolve(kept);
    const key = `${name} ${mark}`;
    const reading = readings.get(key) ?? read(name, appId, at, mark).finally(() => readings.delete(key));
    readings.set(key, reading);
    return reading;
  }

  /** Those of an epoch that the platform document has begun: before, devices would end what they have and find nothing (spec 4.40). */
  async function offeredKeysets({ keysets: versions, platform }: Standings): Promise<readonly WalkedKeyset[]> {
    if (versions === null) return [];
    if (walked?.versions !== versions) walked = { versions, keysets: await keysets.require(db) };
    return walked.keysets.filter(({ claims }) => platform === null || claims.epoch <= platform.epoch);
  }

  const appIdOf = (name: DocumentName) => (name.startsWith(PROGRAM) ? name.slice(PROGRAM.length) : null);

  async function newestAt(name: DocumentName, standing: Standings): Promise<ServedDocument | null> {
    if (name === "keyset") return keysetAsServed((await offeredKeysets(standing)).at(-1));
    const appId = appIdOf(name);
    const { continuity, platform } = standing;
    if (continuity !== null && isBehindOf(continuity, platform)) throw waiting();
    const at = appId === null ? platform : (standing.programs.get(appId) ?? null);
    if (at === null) return null;
    const isOver = at.epoch < (platform?.epoch ?? 0) || isBelowFloor(at, continuity);
    if (appId !== null && isOver) throw waiting();
    return await bytesOf(name, appId, at);
  }

  return {
    newest: async (name) => await newestAt(name, await standings(appIdOf(name))),
    async newestFor(name, deviceId) {
      const appId = appIdOf(name);
      const standing = await gathered([DEVICE + deviceId, ...(appId === null ? [] : [PROGRAM + appId])]);
      return { isRevoked: standing.revoked.get(deviceId) ?? null, document: () => newestAt(name, standing) };
    },
    async keyset(revision) {
      const offered = await offeredKeysets(await standings(null));
      return keysetAsServed(offered.find(({ claims }) => claims.revision === revision));
    },
  };
}

const waiting = () =>
  new AppError("unavailable", "Documents wait until they are signed again; keep what you have.", {
    retryAfterSeconds: BEHIND_RETRY_SECONDS,
  });

const keysetAsServed = (found: WalkedKeyset | undefined): ServedDocument | null =>
  found === undefined ? null : toServed(found.jws, "keyset", found.claims);

/** Strong: a revision is signed once, so its bytes never change. */
function toServed(text: string, mark: string, { epoch, revision }: Position): ServedDocument {
  return { etag: `"${mark}-${epoch}-${revision}"`, body: Buffer.from(text), epoch, revision };
}
