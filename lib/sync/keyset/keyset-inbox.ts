import { readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import type { Store } from "@/db/store";
import { isAppError } from "@/lib/platform/errors";
import { makePrivateFolder, readIfPresent, writePrivateFile } from "@/lib/platform/private-file";
import type { SyncContext } from "../context";
import { currentKeyset } from "./current-keyset";
import { KEYSET_COPY } from "./prepare-keys";
import { publishKeyset } from "./publish-keyset";

export const INBOX = "inbox";

/**
 * Publishes the signed keysets that the ceremony laid into `keys/inbox`, in the order of their names, and keeps the
 * copy of the newest one beside the keys. The embedded store has one owner, so the command hands its result to the
 * running server instead of opening the store. A file that was taken is renamed to `.published`, one that devices
 * would refuse to `.refused`, with the reason in the log.
 */
export async function takeKeysetInbox(store: Store, ctx: SyncContext, keysDir: string): Promise<void> {
  const inbox = join(keysDir, INBOX);
  await makePrivateFolder(inbox);
  for (const name of (await readdir(inbox)).filter((entry) => entry.endsWith(".json")).sort()) {
    const path = join(inbox, name);
    const text = await readIfPresent(path);
    // Another process that shares the folder took it first.
    if (text === null) continue;
    try {
      const keyset = await publishKeyset(store, ctx, text.trim());
      await rename(path, `${path}.published`);
      ctx.logger("info", "keyset_published", { revision: keyset.revision, epoch: keyset.epoch });
    } catch (error) {
      if (!isAppError(error) || error.code !== "unprocessable") throw error;
      await rename(path, `${path}.refused`);
      ctx.logger("error", "keyset_refused", { file: name, message: error.message });
    }
  }
  await copyNewest(store, keysDir);
}

async function copyNewest(store: Store, keysDir: string): Promise<void> {
  const newest = await currentKeyset(store.db);
  const path = join(keysDir, KEYSET_COPY);
  if (newest === null || (await readIfPresent(path)) === newest.jws) return;
  await writePrivateFile(path, newest.jws);
}
