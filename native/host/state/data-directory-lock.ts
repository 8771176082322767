import { stat } from "node:fs/promises";
import { createServer, type Server } from "node:net";

export type DataDirectoryLock = { release(): Promise<void> };

/**
 * Takes the data folder for this process alone; `undefined` while another host has it. The lock is a name in Linux's
 * abstract socket space made of the folder's device and inode: the kernel lets one process hold it, two spellings of a
 * path are one folder, and it is gone with the process however that ends, so nothing stale is ever left to judge.
 */
export async function lockDataDirectory(directory: string): Promise<DataDirectoryLock | undefined> {
  const { dev, ino } = await stat(directory);
  const server = createServer((socket) => socket.destroy());
  const isHeld = await listen(server, `\0bulkhead-host:${dev}:${ino}`);
  if (!isHeld) return undefined;
  server.unref();
  return { release: () => new Promise((resolve) => server.close(() => resolve())) };
}

function listen(server: Server, name: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(false);
      else reject(error);
    });
    server.listen({ path: name, exclusive: true }, () => resolve(true));
  });
}
