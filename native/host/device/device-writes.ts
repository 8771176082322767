import { canonicalJson } from "../../core/audit/canonical-json";
import { type DeviceState, writePart } from "../../core/device/state";
import { type QueueRecord, snapshotOf } from "../../core/telemetry/queue-state";
import type { HostLog } from "../ports";
import { type DeviceDisk, faultOf, type WriteFault } from "../state/device-disk";

/** Carries out the writes of a device: the trust whole, the queue as a log of what was folded into it. */
export type DeviceWrites = {
  /** Records that the next write of the queue is to have. */
  gather(records: readonly QueueRecord[]): void;
  /** Resolves with how it ended; never rejects. What is stored is the part as it is at the call. */
  store(part: "trust" | "queue", state: DeviceState): Promise<"stored" | WriteFault>;
};

/** More than this many records, as they come while a disk does not answer, are forgotten for a snapshot. */
const GATHERED_MAX = 20_000;

export function createDeviceWrites(disk: DeviceDisk, log: HostLog): DeviceWrites {
  let gathered: QueueRecord[] = [];
  let isForgotten = false;

  function gather(records: readonly QueueRecord[]): void {
    for (const record of records) {
      const last = gathered.at(-1);
      // What is sampled away comes a call at a time, as fast as a program likes.
      if (record.kind === "skip" && last?.kind === "skip" && last.reason === record.reason) {
        gathered[gathered.length - 1] = { ...last, count: last.count + record.count };
      } else gathered.push(record);
    }
    if (gathered.length <= GATHERED_MAX) return;
    isForgotten = true;
    gathered = [];
  }

  function write(part: "trust" | "queue", state: DeviceState): Promise<void> {
    if (part === "trust") return disk.storeTrust(canonicalJson(writePart(state, "trust")));
    const records = isForgotten ? [{ kind: "snapshot", state: snapshotOf(state.queue) } as const] : gathered;
    isForgotten = false;
    gathered = [];
    return disk.appendQueue(records, () => {
      // The snapshot has what was gathered meanwhile, too.
      gathered = [];
      return snapshotOf(state.queue);
    });
  }

  return {
    gather,
    async store(part, state) {
      try {
        await write(part, state);
        return "stored";
      } catch (error) {
        log("error", `${part}_not_stored`, { error });
        return faultOf(error);
      }
    },
  };
}
