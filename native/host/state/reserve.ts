import { createHash } from "node:crypto";
import { dirname } from "node:path";
import type { HostLog } from "../ports";
import type { DurableFiles } from "./durable-files";

/** A file that holds room on the disk for what must be stored even when all the rest is taken. */
export type Reserve = {
  /** Takes what is missing of so many bytes, as far as there is room. What can't be had is logged once, never thrown. */
  fill(bytes: number): Promise<void>;
  /** Frees all but `keepBytes`; false where nothing was to free. */
  giveUp(keepBytes: number): Promise<boolean>;
};

export function createReserve(options: { files: DurableFiles; path: string; log: HostLog }): Reserve {
  const { files, path, log } = options;
  let isShort = false;
  return {
    async fill(bytes) {
      try {
        const held = (await files.size(path)) ?? 0;
        if (held < bytes) await files.append(path, incompressible(bytes - held), { sync: true });
        isShort = false;
      } catch (error) {
        if (!isShort) log("warn", "reserve_incomplete", { bytes, error });
        isShort = true;
      }
    },
    async giveUp(keepBytes) {
      const held = (await files.size(path)) ?? 0;
      if (held <= keepBytes) return false;
      if (keepBytes > 0) await files.truncate(path, keepBytes);
      else await files.remove(path);
      // Some file systems free the blocks no sooner than the removal lasts.
      await files.syncDirectory(dirname(path));
      return true;
    },
  };
}

/** Bytes that no file system can store in fewer blocks. */
function incompressible(bytes: number): Uint8Array {
  return createHash("shake256", { outputLength: bytes }).update("room for the state").digest();
}
