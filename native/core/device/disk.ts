import { emit, nextNumber, setTimer, type Turn } from "./turn";

type Part = "trust" | "queue";
const PARTS = ["trust", "queue"] as const;
const RETRY_MS = { first: 1000, most: 60_000 } as const;

/** Something of the part has changed and is to be stored. */
export function touch(turn: Turn, part: Part): void {
  turn.live.disk[part].isDirty = true;
}

/** Nothing of what is known now would be lost at a restart. */
export function isStored(turn: Turn, part: Part): boolean {
  const { out, isDirty } = turn.live.disk[part];
  return out === null && !isDirty;
}

/** The newest write of the part failed, and none has succeeded since. */
export function isFailing(turn: Turn, part: Part): boolean {
  return turn.live.disk[part].failures > 0;
}

/** The answer to a write. One that nobody waits for changes nothing. */
export function settleWrite(turn: Turn, write: number, isStoredNow: boolean): void {
  const part = PARTS.find((name) => turn.live.disk[name].out === write);
  if (part === undefined) return;
  const disk = turn.live.disk[part];
  disk.out = null;
  if (isStoredNow) {
    disk.failures = 0;
    disk.stored = write;
    return;
  }
  disk.failures += 1;
  disk.isDirty = true;
  if (turn.live.timers.includes("store")) return;
  setTimer(turn, "store", Math.min(RETRY_MS.most, RETRY_MS.first * 2 ** Math.min(10, disk.failures - 1)));
}

/** Writes what has changed: one write of a part at a time, none while a failed one waits for its timer. */
export function storeChanges(turn: Turn): void {
  for (const part of PARTS) {
    const disk = turn.live.disk[part];
    if (!disk.isDirty || disk.out !== null) continue;
    if (disk.failures > 0 && turn.live.timers.includes("store")) continue;
    disk.out = nextNumber(turn, "write");
    disk.isDirty = false;
    const { ready } = turn.live.upload;
    if (part === "queue" && ready !== null) ready.write ??= disk.out;
    emit(turn, { e: "store", write: disk.out, part });
  }
}
