import { copyFileSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { ContinuityView } from "@/lib/contracts/continuity";
import type { PublisherView } from "@/lib/contracts/publishers";
import { type Decided, lift, narrowLimit, suspend, widenHost } from "./decisions";
import { expectInvariants } from "./expect-invariants";
import { APP, freshFolder, kill, readiness, startFaulted, startWithProgram, type } from "./fault-server";
import { shiftedMachine } from "./shifted-machine";
import { type Acknowledged, enrolDevice, type SimulatedDevice } from "./simulated-device";

const DEVICES = 50;
const WEEK_SECONDS = 7 * 24 * 3_600;
const OTHER = "com.example.other";
const PASSPHRASE = { BULKHEAD_BACKUP_PASSPHRASE: "what seals the backups" };

const pullAll = (devices: readonly SimulatedDevice[]) => Promise.all(devices.map((device) => device.pull()));
const refusalsOf = (devices: readonly SimulatedDevice[]) => devices.flatMap((device) => device.refusals);

async function reportAll(devices: readonly SimulatedDevice[]): Promise<Acknowledged[]> {
  const answers = await Promise.all(devices.map((device) => device.report(3)));
  return answers.filter((answer) => answer !== null);
}

it("last week's backup, restored under 50 devices, forgets no suspension unsaid, and no device refuses what it is served", async () => {
  const folder = freshFolder();
  const machine = shiftedMachine();
  const { dataDir } = machine;
  const file = join(folder, "last-week.backup");
  const time = { aheadSeconds: -WEEK_SECONDS };

  await machine.setAhead(time.aheadSeconds);
  let server = await startWithProgram(dataDir, machine.env());
  const publisher = await server.operator.post<PublisherView>("publishers", { name: "Other" });
  await server.operator.post("programs", { appId: OTHER, name: "Other", publisherId: publisher.id });
  const devices: SimulatedDevice[] = [];
  for (let n = 1; n <= DEVICES; n += 1) {
    const options = { name: `device ${n}`, appIds: [APP, OTHER], time };
    devices.push(await enrolDevice(() => server.url, server.operator, options));
  }
  const decisions = [await widenHost(server, APP, "kept.example.com"), await suspend(server.operator, OTHER)];
  expect(await pullAll(devices)).not.toContain(false);
  const batches = await reportAll(devices);
  await server.child.stop();
  const saved = await type("store", ["backup", file, "--data", dataDir], PASSPHRASE);
  expect(saved, saved.said).toMatchObject({ code: 0 });

  // A week goes by: much is decided, one program is stopped, another one may run again.
  time.aheadSeconds = 0;
  await machine.setAhead(0);
  machine.reboot();
  server = await startFaulted(dataDir, machine.env());
  const forgotten: Decided[] = [await lift(server, OTHER)];
  for (let n = 1; n <= 20; n += 1) forgotten.push(await narrowLimit(server.operator, APP, 100_000_000 - n));
  forgotten.push(await suspend(server.security, APP));
  expect(await pullAll(devices)).not.toContain(false);
  expect(devices.every((device) => device.platform?.suspended.join() === APP)).toBe(true);
  await reportAll(devices);
  await kill(server);
  const held = devices[0]?.platform?.revision ?? 0;

  // The machine is lost; what opens the keys was kept apart.
  const restored = join(folder, "restored");
  mkdirSync(join(restored, "keys"), { recursive: true, mode: 0o700 });
  const done = await type("store", ["restore", file, "--data", restored], PASSPHRASE);
  expect(done, done.said).toMatchObject({ code: 0 });
  copyFileSync(join(dataDir, "keys", "protection.key"), join(restored, "keys", "protection.key"));
  rmSync(dataDir, { recursive: true });
  server = await startFaulted(restored);
  const continuity = () => server.operator.get<ContinuityView>("continuity");
  expect(await continuity()).toMatchObject({ isBehind: true });
  expect(await readiness(server, "continuity")).toEqual({ status: 503, state: "failed" });

  // Nothing is handed out that they would refuse; they say what they have, and hand it back.
  expect(await pullAll(devices)).not.toContain(true);
  batches.push(...(await reportAll(devices)));
  const asked = devices.filter((device) => device.isPlatformWanted);
  expect(asked.length).toBeGreaterThan(0);
  for (const device of asked) expect(await device.handBack()).toBe(200);
  const heard = await continuity();
  expect(heard.deviceCount).toBe(asked.length);
  expect(heard.narrowings.map(({ subject, verdict }) => [subject, verdict])).toEqual([[APP, "unknown"]]);

  // Signed above everything that is out there, with the suspension that the backup did not know.
  await server.operator.post("continuity/resume");
  expect(await pullAll(devices)).not.toContain(false);
  for (const { platform } of devices) {
    expect(platform?.revision).toBeGreaterThan(Math.max(held, 1_000_000));
    expect(platform?.suspended).toEqual([OTHER, APP]);
  }
  expect(refusalsOf(devices)).toEqual([]);
  expect(await devices[0]?.canFetch(APP)).toBe(true);
  expect(await continuity()).toMatchObject({ isBehind: false });

  // A person takes it as their own, and two lift it: then it is over.
  const kept = await suspend(server.security, APP);
  const lifted = await lift(server, APP);
  expect((await continuity()).narrowings.map(({ verdict }) => verdict)).toEqual(["kept"]);
  expect(await pullAll(devices)).not.toContain(false);
  expect(devices.every((device) => device.platform?.suspended.join() === OTHER)).toBe(true);
  batches.push(...(await reportAll(devices)));
  expect(refusalsOf(devices)).toEqual([]);
  await kill(server);
  await expectInvariants(restored, { decisions: [...decisions, kept, lifted], batches });
  const { code } = await type("store", ["check", "--data", restored]);
  expect(code).toBe(0);
});
