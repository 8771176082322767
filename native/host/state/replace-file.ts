import { dirname } from "node:path";
import type { DurableFiles } from "./durable-files";

/**
 * Replaces a file so that a reader, or a start after a power cut, finds the old bytes or the new and never a mixture:
 * write beside it, sync, rename, sync the folder. Rejects with the old bytes in place, and the disk as full as before.
 */
export async function replaceFile(files: DurableFiles, path: string, bytes: Uint8Array): Promise<void> {
  const beside = `${path}.new`;
  try {
    await files.write(beside, bytes);
    await files.rename(beside, path);
  } catch (error) {
    await files.remove(beside).catch(() => undefined);
    throw error;
  }
  await files.syncDirectory(dirname(path));
}
