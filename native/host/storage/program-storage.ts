import type { NoRoom, StorageBudget } from "../ports";
import { chargeOf } from "./storage-budget";
import type { OpenStorageFolder, StoredValue } from "./storage-folder";

/** `no_room` is the budget's no, of which `noRoom` says why. */
export type StoreResult =
  | { ok: true }
  | { ok: false; reason: "quota" | "too_many_entries" | "failed" }
  | { ok: false; reason: "no_room"; noRoom: NoRoom };

/**
 * One area of one program and user. Sizes count the content and the file's name, so that empty values are not free.
 * Operations run one after another in the order in which they were asked for.
 */
export type StorageArea = {
  usedBytes(): number;
  /** The value that the name has then, to be read when there is room for it; undefined where it has none. Whoever opens it closes it. */
  open(name: string): Promise<StoredValue | undefined>;
  /** `admit` answers whether the area may be of that size; after it the budget is asked. */
  write(name: string, content: Uint8Array, admit: (sizeBytes: number) => boolean): Promise<StoreResult>;
  remove(name: string): Promise<boolean>;
  names(): Promise<string[]>;
  close(): Promise<void>;
};

/** Each entry costs the file system an inode, whatever its size. */
export const ENTRIES_MAX = 10_000;

export type StorageAreaPlace = {
  openFolder: OpenStorageFolder;
  root: string;
  /** Program, user, area. */
  folders: readonly string[];
  /** Of everything below `root`. */
  budget: StorageBudget;
  /** Hears of the file system's errors; the caller is told no more than that it failed. */
  onFailure(error: unknown): void;
};

export async function openStorageArea({
  openFolder,
  root,
  folders,
  budget,
  onFailure,
}: StorageAreaPlace): Promise<StorageArea> {
  const folder = await openFolder(root, folders);
  const sizes = new Map<string, number>();
  let used = 0;
  let last: Promise<unknown> = Promise.resolve();

  const chargeOfName = (name: string): number => {
    const size = sizes.get(name);
    return size === undefined ? 0 : chargeOf(size);
  };
  /** Takes note of what is there now (undefined: nothing), and answers by how much the charge grew. */
  const note = (name: string, size: number | undefined): number => {
    const chargeBefore = chargeOfName(name);
    used -= usedBy(name, sizes.get(name));
    if (size === undefined) sizes.delete(name);
    else sizes.set(name, size);
    used += usedBy(name, size);
    return chargeOfName(name) - chargeBefore;
  };
  let held = 0;
  for (const { name, sizeBytes } of await folder.list()) held += note(name, sizeBytes);
  const account = budget.open(folders, held);

  const inOrder = <T>(work: () => Promise<T>): Promise<T> => {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  };
  /** After a step that failed, which may have come to pass all the same; what nobody can tell counts as the most it may be. */
  const noteWhatIs = async (name: string, sizeMax: number): Promise<number> => {
    try {
      return note(name, await folder.sizeOf(name));
    } catch (error) {
      onFailure(error);
      return note(name, sizeMax);
    }
  };
  const put = async (name: string, content: Uint8Array): Promise<StoreResult> => {
    if (!sizes.has(name) && sizes.size >= ENTRIES_MAX) return { ok: false, reason: "too_many_entries" };
    const writtenBytes = chargeOf(content.length);
    const room = await account.begin({ growthBytes: writtenBytes - chargeOfName(name), writtenBytes });
    if (!room.ok) return { ok: false, reason: "no_room", noRoom: room };
    try {
      await folder.replace(name, content);
    } catch (error) {
      onFailure(error);
      room.settle(await noteWhatIs(name, Math.max(content.length, sizes.get(name) ?? 0)));
      return { ok: false, reason: "failed" };
    }
    room.settle(note(name, content.length));
    return { ok: true };
  };
  const drop = async (name: string): Promise<boolean> => {
    try {
      const removed = await folder.remove(name);
      account.giveBack(-note(name, undefined));
      return removed;
    } catch (error) {
      const size = sizes.get(name);
      if (size !== undefined) account.giveBack(-(await noteWhatIs(name, size)));
      throw error;
    }
  };

  return {
    usedBytes: () => used,
    open: (name) => inOrder(() => folder.open(name)),
    write: (name, content, admit) =>
      inOrder(async () => {
        const size = used - usedBy(name, sizes.get(name)) + usedBy(name, content.length);
        return admit(size) ? put(name, content) : { ok: false, reason: "quota" };
      }),
    remove: (name) => inOrder(() => drop(name)),
    names: () => inOrder(async () => [...sizes.keys()].sort()),
    close() {
      account.close();
      return inOrder(() => folder.close());
    },
  };
}

function usedBy(name: string, size: number | undefined): number {
  return size === undefined ? 0 : size + name.length;
}

const shared = new Map<string, { area: Promise<StorageArea>; holders: number }>();

/**
 * As `openStorageArea`, but everyone in this process who opens the same folder holds the same area: two that counted for
 * themselves would both find room for the last byte. Another process is kept away by the lock of the data folder.
 */
export async function shareStorageArea(place: StorageAreaPlace): Promise<StorageArea> {
  const id = JSON.stringify([place.root, place.folders]);
  const held = shared.get(id) ?? { area: openStorageArea(place), holders: 0 };
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
