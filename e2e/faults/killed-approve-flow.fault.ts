import { expect, it } from "vitest";
import { type Decided, isExpectedUnderFault, narrowLimit, widenHost } from "./decisions";
import { expectInvariants } from "./expect-invariants";
import { APP, type Faulted, freshFolder, kill, startFaulted, startWithProgram } from "./fault-server";
import { type Acknowledged, enrolDevice, type SimulatedDevice } from "./simulated-device";

const ROUNDS = Number(process.env.BULKHEAD_FAULT_ROUNDS ?? "6");

type Told = { decisions: Decided[]; batches: Acknowledged[]; unanswered: Acknowledged[] };

/** Decides and reports until the server is gone; what was answered before that was told. */
async function workUntilKilled(server: Faulted, device: SimulatedDevice, told: Told, round: number): Promise<void> {
  const isThere = () => server.child.process.exitCode === null && server.child.process.signalCode === null;
  const untilGone = async (work: (n: number) => Promise<void>) => {
    for (let n = 0; isThere(); n += 1) {
      try {
        await work(n);
      } catch (error) {
        if (!isExpectedUnderFault(error)) throw error;
        // The next turn sees whether the server is gone.
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
  };
  let published = 0;
  const note = (decision: Decided) => {
    told.decisions.push(decision);
    if (decision.action !== "changeSet.publish") return;
    published += 1;
    // Killed at another point of the flow in each round, some milliseconds after two people published something.
    if (published === 1) setTimeout(() => server.child.process.kill("SIGKILL"), 3 + ((round * 37) % 120));
  };
  await Promise.all([
    untilGone(async (n) => note(await widenHost(server, APP, `h${n}.r${round}.example.com`))),
    untilGone(async (n) => note(await narrowLimit(server.security, APP, 100_000_000 - round * 100_000 - n))),
    untilGone(async (n) => {
      const acknowledged = await device.report(1 + n);
      if (acknowledged !== null) told.batches.push(acknowledged);
    }),
  ]);
  await server.child.ended;
}

it("a server killed anywhere in the approve flow keeps every acknowledged decision, entry and batch exactly once", async () => {
  const dataDir = freshFolder();
  const told: Told = { decisions: [], batches: [], unanswered: [] };
  let server = await startWithProgram(dataDir);
  const device = await enrolDevice(() => server.url, server.operator, { name: "survivor", appIds: [APP] });
  for (let round = 0; round < ROUNDS; round += 1) {
    expect(await device.pull()).toBe(true);
    await workUntilKilled(server, device, told, round);
    server = await startFaulted(dataDir);
    // The batch that was under way is sent again, byte for byte, as a device does.
    const repeated = await device.repeat();
    if (repeated !== null) told.batches.push(repeated);
    expect(device.refusals).toEqual([]);
  }
  expect(await device.pull()).toBe(true);
  expect(device.refusals).toEqual([]);
  await kill(server);
  await expectInvariants(dataDir, told);
  expect(told.decisions.length).toBeGreaterThanOrEqual(2 * ROUNDS);
  expect(new Set(told.decisions.map(({ action }) => action)).size).toBe(2);
  expect(told.batches.length).toBeGreaterThan(ROUNDS);
});
