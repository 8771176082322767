import { rename } from "node:fs/promises";
import { basename, join } from "node:path";
import { eq } from "drizzle-orm";
import { keysets } from "@/db/schema";
import type { Store } from "@/db/store";
import { isAppError } from "@/lib/platform/errors";
import { readIfPresent, writePrivateFile } from "@/lib/platform/private-file";
import type { SigningContext } from "../context";
import { currentKeyset } from "../current-keyset";
import { KEYSET_COPY, readInbox } from "./inbox-files";
import { publishKeyset } from "./publish-keyset";

/**
 * Publishes the signed keysets that the ceremony laid into `keys/inbox`, in the order of their names, and keeps the
 * copy of the newest one beside the keys. A file that was taken, here or by another process, is renamed to
 * `.published`, one that devices would refuse to `.refused`, with the reason in the log. Raises what made one neither:
 * it stays, to be tried again.
 */
export async function takeKeysetInbox(store: Store, ctx: SigningContext, keysDir: string): Promise<void> {
  for (const { path, text } of await readInbox(keysDir)) {
    try {
      const keyset = await publishKeyset(store, ctx, text);
      ctx.logger("info", "keyset_published", { revision: keyset.revision, epoch: keyset.epoch });
      await renameIfPresent(path, `${path}.published`);
    } catch (error) {
      if (!isAppError(error) || error.code !== "unprocessable") throw error;
      // Another process took it, or this one before it could rename the file.
      const isTaken = await isInChain(store, text);
      if (!isTaken) ctx.logger("error", "keyset_refused", { file: basename(path), message: error.message });
      await renameIfPresent(path, isTaken ? `${path}.published` : `${path}.refused`);
    }
  }
  await copyNewest(store, keysDir);
}

async function isInChain(store: Store, jws: string): Promise<boolean> {
  const rows = await store.db.select({ revision: keysets.revision }).from(keysets).where(eq(keysets.jws, jws));
  return rows.length > 0;
}

/** Processes that share the folder may rename the same file. */
async function renameIfPresent(from: string, to: string): Promise<void> {
  await rename(from, to).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
  });
}

async function copyNewest(store: Store, keysDir: string): Promise<void> {
  const newest = await currentKeyset(store.db);
  const path = join(keysDir, KEYSET_COPY);
  if (newest === null || (await readIfPresent(path)) === newest.jws) return;
  await writePrivateFile(path, newest.jws);
}
