import { join } from "node:path";
import { expect, it } from "vitest";
import { STORE_FAULTS } from "@/db/store-fault";
import { ConsoleRefusal } from "../../scripts/client/console-session";
import { type Decided, narrowLimit, suspend } from "./decisions";
import { expectInvariants } from "./expect-invariants";
import { APP, type Faulted, kill, readiness, refusedStart, startFaulted, startWithProgram } from "./fault-server";
import { type Acknowledged, enrolDevice } from "./simulated-device";
import { smallDisk, whyNoSmallDisk } from "./small-disk";

const MIB = 1024 * 1024;
const missing = whyNoSmallDisk();
if (missing !== null) process.stderr.write(`skipped: the full disk: ${missing}\n`);

/** Narrows until the disk has no more room; what was acknowledged before counts. */
async function narrowUntilRefused(server: Faulted, decisions: Decided[]): Promise<ConsoleRefusal> {
  for (let n = 1; n <= 5_000; n += 1) {
    try {
      decisions.push(await narrowLimit(server.operator, APP, 100_000_000 - n));
    } catch (error) {
      if (error instanceof ConsoleRefusal) return error;
      throw error;
    }
  }
  throw new Error("the disk never became full");
}

it.skipIf(missing !== null)(
  "a disk that fills up loses nothing that was told, says so, and goes on with room",
  async () => {
    const disk = smallDisk(192);
    const dataDir = join(disk.path, "data");
    let server = await startWithProgram(dataDir);
    const device = await enrolDevice(() => server.url, server.operator, { name: "faithful", appIds: [APP] });
    const told: { decisions: Decided[]; batches: Acknowledged[]; unanswered: Acknowledged[] } = {
      decisions: [],
      batches: [],
      unanswered: [],
    };
    disk.fill(256 * 1024);
    const refusal = await narrowUntilRefused(server, told.decisions);
    expect(refusal).toMatchObject({ status: 503, code: "unavailable" });
    expect(server.child.process.exitCode).toBeNull();
    expect(await readiness(server, "disk")).toEqual({ status: 503, state: "failed" });

    disk.makeRoom();
    told.decisions.push(await suspend(server.operator, APP));
    expect(await device.pull()).toBe(true);
    expect(device.platform?.suspended).toEqual([APP]);
    const batch = await device.report(7);
    if (batch !== null) told.batches.push(batch);
    expect(device.refusals).toEqual([]);
    await kill(server);

    disk.fill(32 * MIB);
    const refused = await refusedStart(dataDir);
    expect(refused.message).toContain(STORE_FAULTS["disk-full"].what);
    expect(refused.remedy).toBe(STORE_FAULTS["disk-full"].remedy());
    disk.makeRoom();
    server = await startFaulted(dataDir);
    told.decisions.push(await narrowLimit(server.operator, APP, 1_000));
    expect(await device.pull()).toBe(true);
    expect(device.refusals).toEqual([]);
    await kill(server);
    await expectInvariants(dataDir, told);
  },
);
