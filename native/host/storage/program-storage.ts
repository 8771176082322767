import type { OpenStorageFolder, StorageFolder } from "./storage-folder";

export type StoreResult =
  | { ok: true }
  | { ok: false; reason: "quota"; usedBytes: number }
  | { ok: false; reason: "too_many_entries" | "failed" };

/**
 * One area of one program and user. Sizes count the content and the file's name, so that empty values are not free.
 * Operations run one after another in the order in which they were asked for.
 */
export type StorageArea = {
  usedBytes(): number;
  read(name: string): Promise<Uint8Array | undefined>;
  /** `admit` answers whether the area may be of that size. */
  write(name: string, content: Uint8Array, admit: (sizeBytes: number) => boolean): Promise<StoreResult>;
  /** As `write`, but makes room by removing what was used least recently. */
  writeEvicting(name: string, content: Uint8Array, bytesMax: number): Promise<StoreResult & { evicted: number }>;
  remove(name: string): Promise<boolean>;
  names(): Promise<string[]>;
  close(): Promise<void>;
};

/** Each entry costs the file system an inode, whatever its size. */
export const ENTRIES_MAX = 10_000;

type Entry = { sizeBytes: number; usedAt: number };

/** `onFailure` hears of the file system's errors; the caller is told no more than that it failed. */
export async function openStorageArea(
  openFolder: OpenStorageFolder,
  root: string,
  folders: readonly string[],
  onFailure: (error: unknown) => void,
): Promise<StorageArea> {
  const folder: StorageFolder = await openFolder(root, folders);
  const entries = new Map<string, Entry>();
  let used = 0;
  let turn = 0;
  let last: Promise<unknown> = Promise.resolve();

  const files = await folder.list();
  files.sort((one, other) => one.changedMs - other.changedMs || (one.name < other.name ? -1 : 1));
  for (const file of files) {
    turn += 1;
    const sizeBytes = file.sizeBytes + file.name.length;
    entries.set(file.name, { sizeBytes, usedAt: turn });
    used += sizeBytes;
  }

  const inOrder = <T>(work: () => Promise<T>): Promise<T> => {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  };
  const touch = (name: string): void => {
    const entry = entries.get(name);
    turn += 1;
    if (entry !== undefined) entry.usedAt = turn;
  };
  const forget = (name: string): void => {
    used -= entries.get(name)?.sizeBytes ?? 0;
    entries.delete(name);
  };
  const put = async (name: string, content: Uint8Array): Promise<StoreResult> => {
    if (!entries.has(name) && entries.size >= ENTRIES_MAX) return { ok: false, reason: "too_many_entries" };
    try {
      await folder.replace(name, content);
    } catch (error) {
      onFailure(error);
      return { ok: false, reason: "failed" };
    }
    forget(name);
    const sizeBytes = content.length + name.length;
    turn += 1;
    entries.set(name, { sizeBytes, usedAt: turn });
    used += sizeBytes;
    return { ok: true };
  };
  const sizeWith = (name: string, content: Uint8Array): number =>
    used - (entries.get(name)?.sizeBytes ?? 0) + content.length + name.length;
  const drop = async (name: string): Promise<boolean> => {
    const removed = await folder.remove(name);
    forget(name);
    return removed;
  };

  return {
    usedBytes: () => used,
    read: (name) =>
      inOrder(async () => {
        touch(name);
        return folder.read(name);
      }),
    write: (name, content, admit) =>
      inOrder(async () => {
        if (!admit(sizeWith(name, content))) return { ok: false, reason: "quota", usedBytes: used };
        return put(name, content);
      }),
    writeEvicting: (name, content, bytesMax) =>
      inOrder(async () => {
        let evicted = 0;
        if (content.length + name.length > bytesMax) return { ok: false, reason: "quota", usedBytes: used, evicted };
        const oldestFirst = [...entries].sort(([, one], [, other]) => one.usedAt - other.usedAt);
        for (const [oldest] of oldestFirst) {
          if (sizeWith(name, content) <= bytesMax) break;
          if (oldest === name) continue;
          await drop(oldest);
          evicted += 1;
        }
        return { ...(await put(name, content)), evicted };
      }),
    remove: (name) => inOrder(() => drop(name)),
    names: () => inOrder(async () => [...entries.keys()].sort()),
    close: () => inOrder(() => folder.close()),
  };
}

const shared = new Map<string, { area: Promise<StorageArea>; holders: number }>();

/**
 * As `openStorageArea`, but everyone in this process who opens the same folder holds the same area: two that counted for
 * themselves would both find room for the last byte. Another process is kept away by the lock of the data folder.
 */
export async function shareStorageArea(...args: Parameters<typeof openStorageArea>): Promise<StorageArea> {
  const [, root, folders] = args;
  const id = JSON.stringify([root, folders]);
  const held = shared.get(id) ?? { area: openStorageArea(...args), holders: 0 };
  held.holders += 1;
  shared.set(id, held);
  const release = (): boolean => {
    held.holders -= 1;
    if (held.holders > 0) return false;
    if (shared.get(id) === held) shared.delete(id);
    return true;
  };
  let area: StorageArea;
  try {
    area = await held.area;
  } catch (error) {
    release();
    throw error;
  }
  return { ...area, close: () => (release() ? area.close() : Promise.resolve()) };
}
