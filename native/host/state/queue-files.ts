import { join } from "node:path";
import {
  applyRecord,
  emptyQueue,
  type QueueRecord,
  type QueueSnapshot,
  queuedItems,
  snapshotOf,
} from "../../core/telemetry/queue-state";
import type { HostLog } from "../ports";
import type { DurableFiles } from "./durable-files";
import {
  encodeLines,
  type LogCopy,
  mergeCopies,
  type RecoveredLog,
  readFormerLog,
  readLog,
  recoverFormerLog,
} from "./queue-lines";
import { replaceFile } from "./replace-file";
import { readCopies } from "./two-copies";

/** The queue as a log of records, begun by a snapshot, in two copies. */
export type QueueFiles = {
  /** What the last start left, with what both copies have lost counted in it; `undefined` where there is nothing. */
  readonly stored: QueueSnapshot | undefined;
  /**
   * Plans what stores these records: itself at once, for the snapshot is of this moment. `write` resolves once they are
   * on the disk in the first copy; `mirror`, after it, once they are in both.
   */
  plan(records: readonly QueueRecord[], snapshot: () => QueueSnapshot): QueueWrite;
};
export type QueueWrite = { write(): Promise<void>; mirror(): Promise<void> };

/** The log is begun anew when it has grown by this much, or by as much as its snapshot has. */
const GROWTH_BYTES = 2 * 1024 * 1024;
const NAME = /^queue-(\d{1,15})(\.[ab])?$/;
/** With what a write that was cut off has left. */
const ANY_NAME = /^queue-(\d{1,15})(?:\.[ab])?(\.new)?$/;

export async function openQueueFiles(options: {
  files: DurableFiles;
  directory: string;
  log: HostLog;
  /** Runs a write, and once more if it failed for want of room that could be made. */
  guard(write: () => Promise<void>): Promise<void>;
}): Promise<QueueFiles> {
  const { files, directory, guard } = options;
  await files.makeDirectory(directory);
  const found = await readGenerations(options);
  /** The newest of which the first copy is on the disk, and the newest of which both are. */
  let generation = found.newest;
  let complete = found.complete;
  let nextNumber = 0;
  let size = 0;
  let snapshotSize = 0;
  /** The next write begins the log anew: nothing is known of the first copy's end. */
  let isFirstBroken = true;
  let isSecondBroken = false;

  const pathOf = (number: number, copy: "a" | "b") => join(directory, `queue-${number}.${copy}`);

  function beginAnew(snapshot: QueueSnapshot): QueueWrite {
    const bytes = encodeLines(0, [{ kind: "snapshot", state: snapshot }]);
    nextNumber = 1;
    size = bytes.byteLength;
    snapshotSize = size;
    return {
      async write() {
        isFirstBroken = true;
        await guard(() => replaceFile(files, pathOf(generation + 1, "a"), bytes));
        generation += 1;
        isFirstBroken = false;
        isSecondBroken = false;
      },
      async mirror() {
        const begun = generation;
        try {
          await guard(() => replaceFile(files, pathOf(begun, "b"), bytes));
          complete = begun;
        } catch (error) {
          isSecondBroken = true;
          throw error;
        } finally {
          await removeOthers(begun);
        }
      },
    };
  }

  function goOn(records: readonly QueueRecord[]): QueueWrite {
    const bytes = encodeLines(nextNumber, records);
    const from = size;
    nextNumber += records.length;
    size += bytes.byteLength;
    return {
      async write() {
        if (isFirstBroken) throw new Error("the write before this one failed: the log is begun anew");
        try {
          await append(pathOf(generation, "a"), from, bytes);
        } catch (error) {
          isFirstBroken = true;
          throw error;
        }
      },
      async mirror() {
        if (isSecondBroken) return;
        try {
          await append(pathOf(generation, "b"), from, bytes);
        } catch (error) {
          isSecondBroken = true;
          throw error;
        }
      },
    };
  }

  /** Tried again, it begins where it began the first time: half a line must not get another behind it. */
  async function append(path: string, from: number, bytes: Uint8Array): Promise<void> {
    let isAgain = false;
    await guard(async () => {
      if (isAgain) await files.truncate(path, from);
      isAgain = true;
      await files.append(path, bytes, { sync: true });
    });
  }

  /** The last log of which there are two copies stays until there are two of a later one. */
  async function removeOthers(begun: number): Promise<void> {
    for (const name of await files.list(directory)) {
      const [, digits, beside] = ANY_NAME.exec(name) ?? [];
      const number = Number(digits ?? Number.NaN);
      const isOver = beside === undefined ? number < begun && number !== complete : number <= begun;
      if (isOver) await files.remove(join(directory, name));
    }
  }

  return {
    stored: found.snapshot,
    plan(records, snapshot) {
      const hasGrown = size - snapshotSize > Math.max(GROWTH_BYTES, snapshotSize);
      if (isFirstBroken || isSecondBroken || hasGrown) return beginAnew(snapshot());
      if (records.length > 0) return goOn(records);
      return { write: async () => {}, mirror: async () => {} };
    },
  };
}

/** Folds the newest log; where both its snapshots are damaged, what the one before it had, then what follows. */
async function readGenerations(options: {
  files: DurableFiles;
  directory: string;
  log: HostLog;
}): Promise<{ newest: number; complete: number; snapshot: QueueSnapshot | undefined }> {
  const { files, directory, log } = options;
  const names = await files.list(directory);
  const numbers = [...new Set(names.flatMap((name) => NAME.exec(name)?.[1] ?? []).map(Number))].sort((a, b) => b - a);
  const [newest, before] = numbers;
  if (newest === undefined) return { newest: 0, complete: 0, snapshot: undefined };
  const logs = [await recover(newest, names, options)];
  if (!logs[0]?.hasSnapshot && before !== undefined) logs.unshift(await recover(before, names, options));

  const state = emptyQueue();
  for (const record of logs.flatMap(({ records }) => records)) applyRecord(state, record);
  const { acknowledged, rejected, discarded } = state.totals;
  // A batch that holds what no record is left of: that was produced, and is not lost.
  state.totals.produced = Math.max(state.totals.produced, acknowledged + rejected + discarded + queuedItems(state));
  const lost = logs.reduce((sum, part) => sum + part.lost, 0);
  if (lost > 0) {
    applyRecord(state, { kind: "skip", reason: "damaged", count: lost });
    log("error", "telemetry_records_lost", { records: lost });
  }
  const complete = numbers.find((number) => isComplete(number, names)) ?? newest;
  return { newest, complete, snapshot: snapshotOf(state) };
}

async function recover(
  generation: number,
  names: readonly string[],
  { files, directory, log }: { files: DurableFiles; directory: string; log: HostLog },
): Promise<RecoveredLog> {
  const file = `queue-${generation}`;
  const path = join(directory, file);
  const tell = (copies: readonly (LogCopy | undefined)[]) => {
    const damaged = copies.filter((copy) => copy && (copy.damaged > 0 || copy.lines.length === 0)).length;
    if (damaged > 0) log("error", "state_copy_damaged", { file, copies: damaged });
    if (copies.some((copy) => copy?.isCut)) log("warn", "telemetry_log_cut", { file });
  };
  if (isFormer(generation, names)) {
    const former = readFormerLog((await files.read(path)) ?? new Uint8Array(0));
    tell([former]);
    return recoverFormerLog(former);
  }
  const { found, failure } = await readCopies(files, [`${path}.a`, `${path}.b`]);
  if (failure !== undefined && !found.some((bytes) => bytes && bytes.byteLength > 0)) throw failure;
  const [first, second] = found.map((bytes) => bytes && readLog(bytes));
  tell([first, second]);
  return mergeCopies(first, second);
}

/** A host of the release before left one file; none of ours has its name. */
const isFormer = (generation: number, names: readonly string[]) => names.includes(`queue-${generation}`);

function isComplete(generation: number, names: readonly string[]): boolean {
  return isFormer(generation, names) || ["a", "b"].every((copy) => names.includes(`queue-${generation}.${copy}`));
}
