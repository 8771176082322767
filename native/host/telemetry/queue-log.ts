import { createHash } from "node:crypto";
import { join } from "node:path";
import {
  applyRecord,
  emptyQueue,
  type QueueRecord,
  type QueueState,
  snapshotOf,
} from "../../core/telemetry/queue-state";
import type { HostLog } from "../ports";
import type { DurableFiles } from "../state/durable-files";
import { replaceFile } from "../state/replace-file";

/**
 * The queue on disk: a log of records, each line with its digest, begun by a snapshot. What a killed process wrote
 * half is cut off at the next start; the log is rewritten from the state when it has grown or a write went wrong.
 */
export type QueueLog = {
  readonly state: QueueState;
  /** Changes the state at once; on the disk after the next `flush`. */
  add(record: QueueRecord): void;
  /** Resolves once everything added so far is on the disk; rejects while the disk takes nothing. */
  flush(): Promise<void>;
};

const REWRITE_BYTES = 2 * 1024 * 1024;
const NAME = /^queue-(\d{1,16})$/;

export async function openQueueLog(options: {
  files: DurableFiles;
  directory: string;
  log: HostLog;
}): Promise<QueueLog> {
  const { files, directory, log } = options;
  await files.makeDirectory(directory);
  const state = emptyQueue();
  const pathOf = (number: number) => join(directory, `queue-${number}`);
  let generation = await loadLatest();
  let pending: QueueRecord[] = [];
  let logBytes = 0;
  let needsRewrite = true;
  let queue: Promise<void> = Promise.resolve();

  async function loadLatest(): Promise<number> {
    const numbers = (await files.list(directory)).flatMap((name) => NAME.exec(name)?.[1] ?? []).map(Number);
    numbers.sort((a, b) => b - a);
    for (const number of numbers) {
      const bytes = await files.read(pathOf(number));
      const records = bytes ? decodeRecords(bytes) : { whole: [], isCut: true };
      if (records.whole[0]?.kind !== "snapshot") continue;
      for (const record of records.whole) applyRecord(state, record);
      if (records.isCut) log("warn", "telemetry_log_cut", { generation: number, records: records.whole.length });
      return number;
    }
    return numbers[0] ?? 0;
  }

  /** Everything that is, as one snapshot in a new generation; the old one goes only after that is on the disk. */
  async function rewrite(): Promise<void> {
    const bytes = encodeRecord({ kind: "snapshot", state: snapshotOf(state) });
    pending = [];
    try {
      await replaceFile(files, pathOf(generation + 1), bytes);
    } catch (error) {
      needsRewrite = true;
      throw error;
    }
    needsRewrite = false;
    logBytes = bytes.byteLength;
    generation += 1;
    for (const name of await files.list(directory)) {
      const number = Number(NAME.exec(name)?.[1] ?? Number.NaN);
      if (number < generation) await files.remove(join(directory, name));
    }
  }

  async function write(): Promise<void> {
    if (needsRewrite || logBytes > REWRITE_BYTES) return rewrite();
    if (pending.length === 0) return;
    const bytes = Buffer.concat(pending.map(encodeRecord));
    pending = [];
    // Set until the append is known to be whole: a half-written line must not get another behind it.
    needsRewrite = true;
    await files.append(pathOf(generation), bytes, { sync: true });
    needsRewrite = false;
    logBytes += bytes.byteLength;
  }

  return {
    state,
    add(record) {
      applyRecord(state, record);
      pending.push(record);
    },
    flush() {
      const written = queue.then(write);
      queue = written.catch(() => undefined);
      return written;
    },
  };
}

function encodeRecord(record: QueueRecord): Buffer {
  const text = JSON.stringify(record);
  return Buffer.from(`${digest(text)} ${text}\n`, "utf8");
}

function decodeRecords(bytes: Uint8Array): { whole: QueueRecord[]; isCut: boolean } {
  const whole: QueueRecord[] = [];
  const lines = Buffer.from(bytes).toString("utf8").split("\n");
  const last = lines.pop();
  for (const line of lines) {
    const text = line.slice(17);
    if (line.slice(0, 17) !== `${digest(text)} `) return { whole, isCut: true };
    whole.push(JSON.parse(text) as QueueRecord);
  }
  return { whole, isCut: last !== "" };
}

function digest(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex").slice(0, 16);
}
