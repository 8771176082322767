import { createHash } from "node:crypto";
import { join } from "node:path";
import type { HostLog } from "../ports";
import type { DurableFiles } from "./durable-files";
import { replaceFile } from "./replace-file";
import { filesNamedBy, type TrustRecord, trustRecordShape } from "./trust-record";
import { createTwoCopies } from "./two-copies";

/**
 * The device's durable state: one trust record in two copies, and the documents as they were received, each named by
 * its digest and also kept twice. A change is on the disk before `commit` resolves; where it rejects, nothing changes
 * here, and a restart finds the old state or the new, never a third.
 */
export type DeviceStore = {
  /** The record of the last start; `undefined` on a device that was never enrolled. */
  readonly record: TrustRecord | undefined;
  /**
   * Stores the documents, then the record that names them. Only after that may anything be applied (spec §4). Rejects
   * with the reason, a full disk for example.
   */
  commit(record: TrustRecord, documents?: readonly Uint8Array[]): Promise<void>;
  /** Received bytes by their SHA-256, from whichever copy is whole. */
  readDocument(file: string): Promise<Uint8Array | undefined>;
  /** Waits until second copies are written. */
  settle(): Promise<void>;
};

/** Digest by which `TrustRecord` names received bytes. */
export function documentFileOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

export async function openDeviceStore(options: {
  files: DurableFiles;
  directory: string;
  log: HostLog;
}): Promise<DeviceStore> {
  const { files, directory, log } = options;
  const documents = join(directory, "documents");
  await files.makeDirectory(documents);
  const copies = createTwoCopies(files, join(directory, "trust"));
  let record = await readRecord();
  let queue: Promise<void> = Promise.resolve();

  async function readRecord(): Promise<TrustRecord | undefined> {
    const { bytes, damaged } = await copies.read();
    if (damaged > 0) log("error", "state_copy_damaged", { file: "trust", copies: damaged });
    if (!bytes) return undefined;
    const parsed = trustRecordShape.safeParse(JSON.parse(Buffer.from(bytes).toString("utf8")));
    if (parsed.success) return parsed.data;
    log("error", "state_unreadable", { file: "trust" });
    return undefined;
  }

  const copyPath = (file: string, copy: "a" | "b") => join(documents, `${file}.${copy}`);

  async function store(next: TrustRecord, received: readonly Uint8Array[]): Promise<void> {
    for (const bytes of received) await replaceFile(files, copyPath(documentFileOf(bytes), "a"), bytes);
    await copies.write(Buffer.from(JSON.stringify(next), "utf8"));
    record = next;
  }

  /** Second copies and old files are housekeeping: their failure is said and costs nothing that was promised. */
  async function keepHouse(received: readonly Uint8Array[]): Promise<void> {
    try {
      for (const bytes of received) await replaceFile(files, copyPath(documentFileOf(bytes), "b"), bytes);
      await copies.mirror();
      const kept = record ? filesNamedBy(record) : new Set<string>();
      for (const name of await files.list(documents)) {
        if (!kept.has(name.slice(0, 64))) await files.remove(join(documents, name));
      }
    } catch (error) {
      log("warn", "state_mirror_failed", { error });
    }
  }

  return {
    get record() {
      return record;
    },
    commit(next, received = []) {
      const stored = queue.then(() => store(next, received));
      queue = stored.then(
        () => keepHouse(received),
        () => undefined,
      );
      return stored;
    },
    async readDocument(file) {
      for (const copy of ["a", "b"] as const) {
        const bytes = await files.read(copyPath(file, copy));
        if (bytes && documentFileOf(bytes) === file) return bytes;
        if (bytes) log("error", "state_copy_damaged", { file, copy });
      }
      return undefined;
    },
    settle: () => queue,
  };
}
