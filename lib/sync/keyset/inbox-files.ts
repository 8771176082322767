import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { readIfPresent } from "@/lib/platform/private-file";

/** The last trusted keyset, beside the keys: the ceremony plans from it on whatever machine it is copied to. */
export const KEYSET_COPY = "keyset.json";
/** Where the ceremony lays signed keysets, since the embedded store has one owner. */
export const INBOX = "inbox";

/** Keysets that wait in `keys/inbox`, in the order of their names. What another process takes meanwhile is left out. */
export async function readInbox(keysDir: string): Promise<{ path: string; text: string }[]> {
  const inbox = join(keysDir, INBOX);
  const names = await readdir(inbox).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  const waiting: { path: string; text: string }[] = [];
  for (const name of names.filter((entry) => entry.endsWith(".json")).sort()) {
    const text = await readIfPresent(join(inbox, name));
    if (text !== null) waiting.push({ path: join(inbox, name), text: text.trim() });
  }
  return waiting;
}
