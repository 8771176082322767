import { statfs } from "node:fs/promises";
import type { NoRoom, StorageAccount, StorageBudget } from "../ports";
import { type StoredArea, storedAreas } from "./stored-areas";

/** What all programs together may keep where nobody said otherwise. */
export const STORAGE_BUDGET_BYTES = 512 * 1024 * 1024;
/** No program gets more than this part of the budget, however few there are. */
const SHARES_MIN = 4;
/** What programs leave to everybody else on their file system. */
const FREE_BYTES_MIN = 16 * 1024 * 1024;
const FREE_FILES_MIN = 1024;
const BLOCK_BYTES = 4096;
const TOLD_EACH_MS = 60_000;
const MEASURED_AGAIN_MS = 60_000;

/** What an entry counts in the budget: its content in whole blocks, and one block for its name and what describes it. */
export function chargeOf(sizeBytes: number): number {
  return (Math.ceil(sizeBytes / BLOCK_BYTES) + 1) * BLOCK_BYTES;
}

/** What unprivileged users can still have; `files` is null where the file system does not count them. */
export type FreeSpace = { bytes: number; files: number | null };

export async function readFreeSpace(path: string): Promise<FreeSpace> {
  const { bavail, bsize, files, ffree } = await statfs(path);
  return { bytes: bavail * bsize, files: files === 0 ? null : ffree };
}

export type StorageRefusal = {
  appId: string;
  reason: NoRoom["reason"];
  /** How many of the program's writes were refused since this was last told. */
  refused: number;
};

export type StorageBudgetOptions = {
  /** The folder below which programs' storage lies. */
  root: string;
  budgetBytes: number;
  /** How many programs are to run on it. */
  programs: number;
  freeSpace(path: string): Promise<FreeSpace>;
  monotonicMs(): number;
  /** Hears of refusals, at most once a minute a program. */
  onRefused(refusal: StorageRefusal): void;
  /** Hears of the file system's errors. */
  onFailure(error: unknown): void;
  areas?(root: string): AsyncIterable<StoredArea>;
};

/**
 * Counts what is stored once, in the background, and keeps the count by what is written and removed. Room is taken in
 * the step that finds it, so that two writes never find the same. A write that is to grow waits until all was counted:
 * nothing is known before of what others keep. Removing and shrinking never wait and are never refused.
 */
export function createStorageBudget(options: StorageBudgetOptions): StorageBudget {
  const { root, budgetBytes, freeSpace, monotonicMs, areas = storedAreas } = options;
  const shareBytes = Math.floor(budgetBytes / Math.max(SHARES_MIN, options.programs));
  const heldByArea = new Map<string, number>();
  const heldByProgram = new Map<string, number>();
  const told = new Map<string, { atMs: number; untold: number }>();
  let heldBytes = 0;
  let writingBytes = 0;
  let isMeasured = false;
  let measuring: Promise<boolean> | undefined;
  let measureAgainMs = Number.NEGATIVE_INFINITY;
  let isClosed = false;

  const areaOf = (folders: readonly string[]): string => folders.join("/");
  const change = (folders: readonly string[], bytes: number): void => {
    const [appId = ""] = folders;
    const area = areaOf(folders);
    heldByArea.set(area, (heldByArea.get(area) ?? 0) + bytes);
    heldByProgram.set(appId, (heldByProgram.get(appId) ?? 0) + bytes);
    heldBytes += bytes;
  };

  /** Whoever opened an area meanwhile knows better what is in it. */
  const measure = async (): Promise<void> => {
    for await (const { folders, files } of areas(root)) {
      let bytes = 0;
      if (heldByArea.has(areaOf(folders))) continue;
      for await (const { sizeBytes } of files()) {
        if (isClosed) return;
        bytes += chargeOf(sizeBytes);
      }
      if (!heldByArea.has(areaOf(folders))) change(folders, bytes);
    }
  };
  const measured = (): Promise<boolean> => {
    if (measuring === undefined && monotonicMs() < measureAgainMs) return Promise.resolve(false);
    measuring ??= measure().then(
      () => {
        isMeasured = !isClosed;
        return isMeasured;
      },
      (error: unknown) => {
        options.onFailure(error);
        measureAgainMs = monotonicMs() + MEASURED_AGAIN_MS;
        measuring = undefined;
        return false;
      },
    );
    return measuring;
  };
  void measured();

  const tell = (appId: string, reason: NoRoom["reason"]): void => {
    const before = told.get(appId);
    const refused = (before?.untold ?? 0) + 1;
    if (before !== undefined && monotonicMs() - before.atMs < TOLD_EACH_MS) {
      before.untold = refused;
      return;
    }
    told.set(appId, { atMs: monotonicMs(), untold: 0 });
    options.onRefused({ appId, reason, refused });
  };

  /** What others are writing may not be among what is taken yet, so all of it counts as if it were not. */
  const isDiskRoomy = async (): Promise<boolean> => {
    const writing = writingBytes;
    const { bytes, files } = await freeSpace(root);
    return bytes - writing >= FREE_BYTES_MIN && (files === null || files >= FREE_FILES_MIN);
  };

  const findNoRoom = (appId: string, growthBytes: number): NoRoom | undefined => {
    const used = heldByProgram.get(appId) ?? 0;
    if (used + growthBytes > shareBytes) return { reason: "share", limit: shareBytes, used };
    return heldBytes + growthBytes > budgetBytes ? { reason: "budget" } : undefined;
  };

  const openAccount = (folders: readonly string[]): StorageAccount => {
    const [appId = ""] = folders;
    let letGo: (isMeasured: false) => void = () => undefined;
    const closed = new Promise<false>((resolve) => {
      letGo = resolve;
    });
    const refuse = (noRoom: NoRoom): { ok: false } & NoRoom => {
      tell(appId, noRoom.reason);
      return { ok: false, ...noRoom };
    };
    return {
      async begin({ growthBytes, writtenBytes }) {
        const grows = growthBytes > 0;
        if (grows) {
          // asked only until then: a race leaves something behind at each of its promises
          if (!isMeasured && !(await Promise.race([measured(), closed]))) return refuse({ reason: "unmeasured" });
          const noRoom = findNoRoom(appId, growthBytes);
          if (noRoom !== undefined) return refuse(noRoom);
        }
        const takenBytes = grows ? growthBytes : 0;
        change(folders, takenBytes);
        writingBytes += writtenBytes;
        const settle = (grownBytes: number): void => {
          change(folders, grownBytes - takenBytes);
          writingBytes -= writtenBytes;
        };
        try {
          if (!grows || (await isDiskRoomy())) return { ok: true, settle };
        } catch (error) {
          options.onFailure(error);
        }
        settle(0);
        return refuse({ reason: "disk" });
      },
      giveBack: (bytes) => change(folders, -bytes),
      close: () => letGo(false),
    };
  };

  return {
    open(folders, bytes) {
      change(folders, bytes - (heldByArea.get(areaOf(folders)) ?? 0));
      return openAccount(folders);
    },
    heldBytes: () => heldBytes,
    close() {
      isClosed = true;
    },
  };
}
