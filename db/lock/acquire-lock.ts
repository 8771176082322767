import { randomBytes } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { join } from "node:path";
import { AppError } from "@/lib/platform/errors";
import { type LockRecord, parseLockRecord, readBootId, socketAddress } from "./lock-owner";

/** Old generations that stay, so that a slow reader of the folder never finds it empty. */
const GENERATIONS_KEPT = 16;

export type HeldLock = {
  /**
   * How the last holder left: `clean` after closing the store (or there was none), `process-died` in this run of the
   * kernel, `machine-died` when the kernel has been started since, or that cannot be excluded.
   */
  previous: "clean" | "process-died" | "machine-died";
  /** Nobody ever had the folder before. */
  isFirst: boolean;
  /** Lets go after everything was closed and synced: the next holder sees a clean end. */
  release(): Promise<void>;
  /** Lets go as if this process had died. */
  abandon(): Promise<void>;
};

/**
 * Takes the exclusive lock of a data folder, for as long as this process lives. Raises `unavailable`, naming the
 * holder, when a living process has it.
 *
 * Every holder owns a generation: a file `N.json` that comes into being by `link`, which only one process can do. The
 * highest generation holds. It may be succeeded only when it was released or its holder is dead, which its socket tells
 * without doubt: the kernel closes it with the process, however that ends, and a reused process id has no such socket.
 * A process that was slow and made a generation below the highest finds that when it looks again, and withdraws.
 */
export async function acquireLock(folder: string, bootId: string | null = readBootId()): Promise<HeldLock> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const folderFd = openSync(folder, "r");
  const socketName = `${randomBytes(8).toString("hex")}.sock`;
  let server: Server | undefined;
  const record: LockRecord = {
    pid: process.pid,
    bootId,
    startedAt: new Date(Date.now() - process.uptime() * 1000).toISOString(),
    socket: socketName,
    isReleased: false,
  };
  const letGo = async () => {
    await new Promise<void>((resolve) => (server === undefined ? resolve() : server.close(() => resolve())));
    unlinkIfThere(join(folder, socketName));
    closeSync(folderFd);
  };
  try {
    server = await listen(socketAddress(folder, folderFd, socketName));
    for (;;) {
      const held = newestGeneration(folder);
      if (held !== null && (await isAlive(folder, folderFd, held.record))) throw heldBy(folder, held);
      const generation = (held?.generation ?? 0) + 1;
      if (!writeGeneration(folder, folderFd, generation, record)) continue;
      if ((newestGeneration(folder)?.generation ?? 0) > generation) {
        unlinkIfThere(generationFile(folder, generation));
        continue;
      }
      dropOldGenerations(folder, generation);
      return {
        isFirst: held === null,
        previous: previousEnd(held?.record ?? null, bootId),
        async release() {
          writeGeneration(folder, folderFd, generation + 1, { ...record, isReleased: true });
          await letGo();
        },
        abandon: letGo,
      };
    }
  } catch (error) {
    await letGo();
    throw error;
  }
}

function previousEnd(record: LockRecord | null, bootId: string | null): HeldLock["previous"] {
  if (record === null || record.isReleased) return "clean";
  return bootId !== null && record.bootId === bootId ? "process-died" : "machine-died";
}

function heldBy(folder: string, held: { generation: number; record: LockRecord | null }): AppError {
  const { record } = held;
  const message =
    record === null
      ? `The lock of the data folder cannot be read: ${generationFile(folder, held.generation)}.`
      : `The data folder is in use by process ${record.pid}, started ${record.startedAt}. Only one process can open it.\nStop that one first, then try again.`;
  return new AppError("unavailable", message);
}

const generationFile = (folder: string, generation: number) =>
  join(folder, `${String(generation).padStart(12, "0")}.json`);

function newestGeneration(folder: string): { generation: number; record: LockRecord | null } | null {
  for (;;) {
    const generations = readdirSync(folder)
      .filter((name) => /^\d{12}\.json$/.test(name))
      .map((name) => Number.parseInt(name, 10));
    if (generations.length === 0) return null;
    const generation = Math.max(...generations);
    const record = readGeneration(folder, generation);
    // Undefined: it was succeeded and removed between the two looks.
    if (record !== undefined) return { generation, record };
  }
}

/** Null when the file is garbled, undefined when it is not there. */
function readGeneration(folder: string, generation: number): LockRecord | null | undefined {
  try {
    return parseLockRecord(readFileSync(generationFile(folder, generation), "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Makes the generation unless somebody else has: then answers false. Its content is whole from its first moment. */
function writeGeneration(folder: string, folderFd: number, generation: number, record: LockRecord): boolean {
  const aside = join(folder, `${record.socket}.${generation}.tmp`);
  writeFileSync(aside, `${JSON.stringify(record)}\n`, { mode: 0o600, flush: true });
  try {
    linkSync(aside, generationFile(folder, generation));
    fsyncSync(folderFd);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    unlinkIfThere(aside);
  }
}

function dropOldGenerations(folder: string, own: number): void {
  for (const name of readdirSync(folder)) {
    if (!/^\d{12}\.json$/.test(name) || Number.parseInt(name, 10) > own - GENERATIONS_KEPT) continue;
    const record = readGeneration(folder, Number.parseInt(name, 10));
    unlinkIfThere(join(folder, name));
    // The socket of a holder that died stays behind; nobody asks it any more.
    if (record && /^[0-9a-f]+\.sock$/.test(record.socket)) unlinkIfThere(join(folder, record.socket));
  }
}

/** A record that cannot be read says nothing about its holder, and so counts as alive. */
async function isAlive(folder: string, folderFd: number, record: LockRecord | null): Promise<boolean> {
  if (record === null) return true;
  if (record.isReleased) return false;
  const code = await connectCode(socketAddress(folder, folderFd, record.socket));
  return code !== "ECONNREFUSED" && code !== "ENOENT";
}

/** Null when something listens there, else the error's code. */
function connectCode(path: string): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(null);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "UNKNOWN"));
  });
}

function listen(path: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", reject);
    server.listen(path, () => {
      server.unref();
      resolve(server);
    });
  });
}

function unlinkIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}
