import { join } from "node:path";
import { expect, it } from "vitest";
import type { ClockView } from "@/lib/contracts/clock";
import { systemClock } from "@/lib/platform/clock";
import { parseEnv } from "@/lib/platform/env";
import { createFileSigner } from "@/lib/sync/keys/file-keys";
import { openKeyFolder } from "@/lib/sync/keys/key-folder";
import { findProtectionSecret } from "@/lib/sync/keys/protection-secret";
import { readKeysetText } from "@/lib/sync/trust/keyset-text";
import { signCompact } from "@/native/core/documents/sign-document";
import { type ClockedDevice, clockedDevice } from "./clocked-device";
import { type Decided, lift, narrowLimit, publishApproved, suspend } from "./decisions";
import { expectInvariants } from "./expect-invariants";
import { APP, type Faulted, freshFolder, kill, readiness, startFaulted, startWithProgram } from "./fault-server";
import { shiftedMachine } from "./shifted-machine";

const HOUR = 3_600;
const AHEAD = 25 * HOUR;

/** Stops and lifts a program while the device looks: both reach it at once. */
async function expectStopsAndLifts(server: Faulted, device: ClockedDevice): Promise<Decided[]> {
  const suspended = await suspend(server.operator, APP);
  expect(await device.pull()).toBe("accepted");
  expect(device.stopped()).toEqual([APP]);
  const lifted = await lift(server, APP);
  expect(await device.pull()).toBe("accepted");
  expect(device.stopped()).toEqual([]);
  return [suspended, lifted];
}

/** Confirms by name what awaits it, as the console does. */
async function confirmClock({ operator }: Faulted): Promise<void> {
  const { awaiting } = await operator.get<ClockView>("clock");
  expect(awaiting).toHaveLength(1);
  const after = await operator.post<ClockView>("clock/confirm", { bootId: awaiting[0]?.bootId });
  expect(after).toMatchObject({ isWaiting: false, awaiting: [] });
}

it("a machine that came up 25 hours ahead, and comes up right again, stops and lifts at once, and tells of it", async () => {
  const machine = shiftedMachine();
  const { dataDir } = machine;
  let server = await startWithProgram(dataDir, machine.env());
  const device = await clockedDevice(() => server.url, server.operator);
  expect(await device.pull()).toBe("accepted");
  await server.child.stop();

  await machine.setAhead(AHEAD);
  machine.reboot();
  server = await startFaulted(dataDir, machine.env());
  const decisions = [await narrowLimit(server.operator, APP, 90_000_000)];
  // Its own clock is right: it keeps what it has.
  expect(await device.pull()).toBe("refused");
  await server.child.stop();

  await machine.setAhead(0);
  machine.reboot();
  server = await startFaulted(dataDir, machine.env());
  expect(server.warnings().join()).toContain("before the newest document was signed");
  expect(await device.pull()).toBe("accepted");
  decisions.push(...(await expectStopsAndLifts(server, device)));
  await kill(server);
  await expectInvariants(dataDir, { decisions });
});

it("a clock that jumps ahead by an hour while the server runs stops no suspension, and lifts wait until it is right", async () => {
  const machine = shiftedMachine();
  const server = await startWithProgram(machine.dataDir, machine.env());
  const device = await clockedDevice(() => server.url, server.operator);
  expect(await device.pull()).toBe("accepted");
  await machine.setAhead(HOUR, server);
  const decisions = [await suspend(server.operator, APP)];
  // Not signed with the wrong time: a device whose clock is right takes it.
  expect(await device.pull()).toBe("accepted");
  expect(device.stopped()).toEqual([APP]);
  await expect(lift(server, APP)).rejects.toThrow("jumped 60 minutes ahead");
  expect(await readiness(server, "clock")).toEqual({ status: 503, state: "failed" });
  await machine.setAhead(0, server);
  decisions.push(await publishApproved(server));
  expect(await device.pull()).toBe("accepted");
  expect(device.stopped()).toEqual([]);
  decisions.push(...(await expectStopsAndLifts(server, device)));
  await kill(server);
  await expectInvariants(machine.dataDir, { decisions });
});

it("a clock that is set right by 25 hours while the server runs stops at once, and lifts once somebody confirmed it", async () => {
  const machine = shiftedMachine();
  await machine.setAhead(AHEAD);
  const server = await startWithProgram(machine.dataDir, machine.env());
  await machine.setAhead(0, server);
  const decisions = [await suspend(server.operator, APP)];
  await expect(lift(server, APP)).rejects.toThrow("jumped 1500 minutes back");
  await confirmClock(server);
  decisions.push(await publishApproved(server));
  await kill(server);
  await expectInvariants(machine.dataDir, { decisions });
});

it("a device and a server that were ahead together, and are right again, hear each other at once", async () => {
  const machine = shiftedMachine();
  const { dataDir } = machine;
  let server = await startWithProgram(dataDir, machine.env());
  const device = await clockedDevice(() => server.url, server.operator);
  expect(await device.pull()).toBe("accepted");
  await server.child.stop();

  await machine.setAhead(AHEAD);
  machine.reboot();
  device.clock.aheadSeconds = AHEAD;
  server = await startFaulted(dataDir, machine.env());
  const suspended = await suspend(server.operator, APP);
  expect(await device.pull()).toBe("accepted");
  await device.storeMark();
  expect(device.stopped()).toEqual([APP]);
  await server.child.stop();

  await machine.setAhead(0);
  machine.reboot();
  device.clock.aheadSeconds = 0;
  server = await startFaulted(dataDir, machine.env());
  expect(await device.pull()).toBe("accepted");
  expect(device.stopped()).toEqual([APP]);
  const lifted = await lift(server, APP);
  expect(await device.pull()).toBe("accepted");
  expect(device.stopped()).toEqual([]);
  const decisions = [suspended, lifted, ...(await expectStopsAndLifts(server, device))];
  await kill(server);
  await expectInvariants(dataDir, { decisions });
});

it("a device whose own clock was ahead obeys a suspension even then, and hears everything once it is right", async () => {
  const server = await startWithProgram(freshFolder());
  const device = await clockedDevice(() => server.url, server.operator);
  expect(await device.pull()).toBe("accepted");
  device.clock.aheadSeconds = AHEAD;
  await device.storeMark();
  const suspended = await suspend(server.operator, APP);
  expect(await device.pull()).toBe("expired");
  expect(device.stopped()).toEqual([APP]);
  // So far that the keyset has ended too.
  device.clock.aheadSeconds = 3650 * 24 * HOUR;
  await device.storeMark();
  device.clock.aheadSeconds = 0;
  const lifted = await lift(server, APP);
  expect(await device.pull()).toBe("accepted");
  expect(device.stopped()).toEqual([]);
  const decisions = [suspended, lifted, ...(await expectStopsAndLifts(server, device))];
  await kill(server);
  await expectInvariants(server.dataDir, { decisions });
});

it("a stolen key that walks the time ahead by 300 documents of 299 s is undone by the next honest document", async () => {
  const server = await startWithProgram(freshFolder());
  const device = await clockedDevice(() => server.url, server.operator);
  expect(await device.pull()).toBe("accepted");
  const forge = await thief(server);
  for (let step = 1; step <= 300; step += 1) expect(await device.receive(await forge(step))).toBe("accepted");
  const decisions: Decided[] = [];
  for (let step = 1; step <= 301; step += 1) {
    decisions.push(await narrowLimit(server.operator, APP, 100_000_000 - step));
  }
  expect(await device.pull()).toBe("accepted");
  decisions.push(...(await expectStopsAndLifts(server, device)));
  await kill(server);
  await expectInvariants(server.dataDir, { decisions });
});

/** Whoever has the policy key: signs what the platform published last, with a revision and time `step` times further. */
async function thief(server: Faulted): Promise<(step: number) => Promise<string>> {
  const dir = join(server.dataDir, "keys");
  const env = parseEnv({});
  const protection = env.ok ? await findProtectionSecret(dir, env.env) : null;
  const folder = openKeyFolder({ dir, secret: protection?.secret ?? null, clock: systemClock });
  const text = async (path: string) => await (await fetch(`${server.url}/api/runtime/v1/${path}`)).text();
  const keyset = readKeysetText(await text("keyset"));
  if (keyset === null) throw new Error("no keyset was served");
  const signer = createFileSigner(folder);
  const kid = await signer.activeKid(keyset);
  const [, payload = ""] = (await text("platform")).split(".");
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString("utf8")) as Record<string, number>;
  const { revision = 0, iat = 0, exp = 0 } = claims;
  return (step) => {
    const ahead = step * 299;
    const stolen = { ...claims, revision: revision + step, iat: iat + ahead, exp: exp + ahead };
    return signCompact({ typ: "bulkhead-platform", kid, claims: stolen, sign: (data) => signer.sign(kid, data) });
  };
}
