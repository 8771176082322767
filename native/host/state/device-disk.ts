import { join } from "node:path";
import type { z } from "zod";
import type { durableShape } from "../../core/device/state";
import type { QueueRecord, QueueSnapshot } from "../../core/telemetry/queue-state";
import type { HostLog } from "../ports";
import { openDeviceRecords } from "./device-records";
import type { DurableFiles } from "./durable-files";
import type { Enrolment } from "./enrolment";
import { openQueueFiles } from "./queue-files";
import { createReserve } from "./reserve";

export type { Enrolment };

/** Why the disk took nothing. */
export type WriteFault = "full" | "readonly" | "io";

/**
 * What a device must not forget: its enrolment, and the durable parts of its state. Each is kept twice, so that one
 * flipped byte or one cut-off write costs nothing; a reserve on the disk has room for them when all the rest is taken.
 */
export type DeviceDisk = {
  readonly enrolment: Enrolment | undefined;
  /** What the last start left. */
  readonly durable: z.infer<typeof durableShape>;
  /** Like `storeTrust`. */
  storeEnrolment(enrolment: Enrolment): Promise<void>;
  /**
   * Stores the part's canonical JSON; on the disk, in the first copy, when it resolves. Rejects with the old one or the
   * new one in place, never a third.
   */
  storeTrust(text: string): Promise<void>;
  /**
   * Stores what was folded since the last call; `snapshot`, which is asked at once or not at all, is stored instead
   * where the log has grown or a write went wrong. On the disk, in the first copy, when it resolves. Rejects with the old
   * queue or the new one in place, and the next call may pass new records alone.
   */
  appendQueue(records: readonly QueueRecord[], snapshot: () => QueueSnapshot): Promise<void>;
  /** Waits until second copies are written. */
  settle(): Promise<void>;
};

/** Room that is held at least; half of it is given up for the queue, all of it for enrolment and trust. */
const RESERVE_BYTES = 8 * 1024 * 1024;

/**
 * Takes up what lies in the folders `state` and `telemetry`, also what a host of the release before has left there:
 * that is replaced with the first write. Records that nobody can read are told and set aside.
 */
export async function openDeviceDisk(options: {
  files: DurableFiles;
  /** The folder `state`. */
  directory: string;
  /** The folder `telemetry`. */
  telemetry: string;
  log: HostLog;
  reserveBytes?: number;
}): Promise<DeviceDisk> {
  const { files, directory, telemetry, log, reserveBytes = RESERVE_BYTES } = options;
  await files.makeDirectory(directory);
  const records = await openDeviceRecords({ files, directory, log });
  const reserve = createReserve({ files, path: join(directory, "reserve"), log });
  let reserved = reserveBytes;
  const queue = await openQueueFiles({
    files,
    directory: telemetry,
    log,
    guard: (write) => withReserve(write, Math.floor(reserved / 2)),
  });
  let last: Promise<void> = Promise.resolve();

  async function withReserve(write: () => Promise<void>, keepBytes: number): Promise<void> {
    try {
      await write();
    } catch (error) {
      if (faultOf(error) !== "full" || !(await reserve.giveUp(keepBytes))) throw error;
      log("warn", "reserve_given_up", { kept: keepBytes });
      await write();
    }
  }

  /** One write at a time. What follows it is housekeeping: its failure is said and costs nothing that was promised. */
  function store(write: () => Promise<void>, keepHouse: () => Promise<void>): Promise<void> {
    const stored = last.then(write);
    last = stored.then(
      () => keepHouse().catch((error: unknown) => log("warn", "state_mirror_failed", { error })),
      () => undefined,
    );
    return stored;
  }

  async function keepRecords(): Promise<void> {
    try {
      await withReserve(records.mirror, 0);
    } finally {
      await reserve.fill(reserved);
    }
  }

  function reserveFor(trustBytes: number): void {
    reserved = Math.max(reserveBytes, 2 * trustBytes);
  }

  reserveFor(records.trust ? Buffer.byteLength(JSON.stringify(records.trust)) : 0);
  await reserve.fill(reserved);
  return {
    get enrolment() {
      return records.enrolment;
    },
    durable: {
      ...(records.trust ? { trust: records.trust } : {}),
      ...(queue.stored ? { queue: queue.stored } : {}),
    },
    storeEnrolment: (enrolment) => store(() => withReserve(() => records.writeEnrolment(enrolment), 0), keepRecords),
    storeTrust: (text) =>
      store(async () => {
        await withReserve(() => records.writeTrust(text), 0);
        reserveFor(Buffer.byteLength(text));
      }, keepRecords),
    appendQueue(appended, snapshot) {
      const { write, mirror } = queue.plan(appended, snapshot);
      return store(write, mirror);
    },
    settle: () => last,
  };
}

/** The kind of a failed write, by the system's code. */
export function faultOf(error: unknown): WriteFault {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOSPC" || code === "EDQUOT") return "full";
  if (code === "EROFS" || code === "EACCES" || code === "EPERM") return "readonly";
  return "io";
}
