import { open, readdir } from "node:fs/promises";
import { join } from "node:path";

const AT_ONCE = 16;

/**
 * Resolves when every file and name below a folder is on the disk. PGlite never syncs; this, once it is closed, makes a
 * clean end safe against power loss.
 */
export async function syncTree(folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(folder, entry.name));
  for (let at = 0; at < files.length; at += AT_ONCE) {
    await Promise.all(files.slice(at, at + AT_ONCE).map(syncPath));
  }
  for (const entry of entries) if (entry.isDirectory()) await syncTree(join(folder, entry.name));
  await syncPath(folder);
}

/** Syncs one file, or the names of one folder. */
export async function syncPath(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
