import { readFileSync, readlinkSync } from "node:fs";

/** One generation of the lock, as its file says it. */
export type LockRecord = {
  pid: number;
  /** Names the run of the kernel; null where it cannot be known. */
  bootId: string | null;
  startedAt: string;
  /** The holder's socket beside the file: it answers for as long as the holder lives. */
  socket: string;
  /** The holder let go after it had closed the store. */
  isReleased: boolean;
};

/** Names this run of the kernel, so that a crash of the machine can be told from a crash of the process. */
export function readBootId(): string | null {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    // Not Linux, or no /proc.
    return null;
  }
}

export function parseLockRecord(text: string): LockRecord | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const record = value as Partial<LockRecord> | null;
  if (typeof record?.pid !== "number" || typeof record.socket !== "string") return null;
  return {
    pid: record.pid,
    bootId: typeof record.bootId === "string" ? record.bootId : null,
    startedAt: String(record.startedAt),
    socket: record.socket,
    isReleased: record.isReleased === true,
  };
}

/**
 * A path to `name` in `folder` that fits into a socket's address (about 100 bytes): through the open folder itself
 * where the plain path is too long.
 */
export function socketAddress(folder: string, folderFd: number, name: string): string {
  const plain = `${folder}/${name}`;
  if (Buffer.byteLength(plain) < 100) return plain;
  const short = `/proc/self/fd/${folderFd}`;
  try {
    readlinkSync(short);
  } catch {
    return plain;
  }
  return `${short}/${name}`;
}
