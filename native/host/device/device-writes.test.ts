import { describe, expect, it } from "vitest";
import { openState } from "../../core/device/state";
import { applyRecord, emptyQueue, type QueueRecord, snapshotOf } from "../../core/telemetry/queue-state";
import { openDeviceDisk } from "../state/device-disk";
import { createMemoryFiles } from "../state/testing/memory-files";
import { createDeviceWrites } from "./device-writes";

const log = () => undefined;

describe("writes of the queue", () => {
  it("have all that happened while the disk did not answer, in bounded memory", async () => {
    const files = createMemoryFiles();
    const open = () =>
      openDeviceDisk({ files, directory: "/d/state", telemetry: "/d/telemetry", log, reserveBytes: 0 });
    const disk = await open();
    const given: number[] = [];
    const writes = createDeviceWrites(
      {
        ...disk,
        appendQueue(records, snapshot) {
          given.push(records.length);
          return disk.appendQueue(records, snapshot);
        },
      },
      log,
    );
    const state = openState();
    let number = 0;
    const happen = (times: number) => {
      for (let count = 0; count < times; count += 1) {
        number += 1;
        const record: QueueRecord = { kind: "event", event: { eventId: `event-${number}`, at: 60, type: "crashed" } };
        const drop: QueueRecord = {
          kind: "drop",
          reason: "queue_overflow",
          minutes: [],
          events: [`event-${number - 9}`],
        };
        for (const each of [record, drop]) applyRecord(state.queue, each);
        writes.gather([record, drop]);
      }
    };
    happen(1);
    await writes.store("queue", state);
    happen(15_000);
    await writes.store("queue", state);
    happen(2);
    await writes.store("queue", state);
    expect(given).toEqual([2, 1, 4]);
    await disk.settle();
    const stored = emptyQueue();
    applyRecord(stored, { kind: "snapshot", state: (await open()).durable.queue ?? snapshotOf(stored) });
    expect(snapshotOf(stored)).toEqual(snapshotOf(state.queue));
    expect(stored.totals.produced).toBe(15_003);
  });
});
