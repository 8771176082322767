import { describe, expect, it } from "vitest";
import publicSuffixData from "../../catalog/public-suffixes.json" with { type: "json" };
import { hasAccess } from "../../core/decide/decide-api";
import { decideByBoth } from "../../core/decide/decide-both";
import { decideHost } from "../../core/decide/decide-host";
import { readPublicSuffixes } from "../../core/decide/public-suffixes";
import type { ProgramClaims } from "../../core/shapes/claims";
import { nodeCrypto } from "../../node/crypto";
import type { HostLog } from "../ports";
import { openDeviceDisk } from "../state/device-disk";
import { createMemoryFiles, type MemoryFiles } from "../state/testing/memory-files";
import { createPolicyClient } from "../sync/policy-client";
import { createFakeServer, ok, refusal } from "../sync/testing/fake-server";
import { createManualTime, settle } from "../sync/testing/manual-time";
import { APP, createSigningPlatform, NOW, newKey, PLATFORM } from "../sync/testing/signing-platform";
import { type RunningDevice, runDevice } from "./run-device";

const platform = createSigningPlatform();
const ports = { crypto: nodeCrypto, publicSuffixes: readPublicSuffixes(publicSuffixData) };
const RUNTIME = { kind: "linux" as const, version: "0.1.0", layers: [] };
const enrolment = { platform: PLATFORM, rootThumbprints: [...platform.rootThumbprints], threshold: 1 };
const granted = (...capabilities: string[]): Partial<ProgramClaims> => ({
  versions: [{ code: 1, name: "1", sha256: "0".repeat(64), size: 1, kid: "k".repeat(43), declares: capabilities }],
  grants: Object.fromEntries(capabilities.map((name) => [name, { consent: "none" as const }])),
});

/** A device on a disk in memory, with a scripted platform. */
async function newDevice({ log = () => undefined }: { log?: HostLog } = {}) {
  const files = createMemoryFiles();
  const time = createManualTime((NOW + 60) * 1000);
  const server = createFakeServer(() => Math.floor(time.clock.nowMs() / 1000));
  server.keysets.set(1, await platform.keyset());
  server.platform = await platform.platform({ revision: 5 });
  server.programs.set(APP, await platform.program({ revision: 3, ...granted("storage.local") }));
  let starts = 0;
  const start = async (on: MemoryFiles = files) => {
    starts += 1;
    const disk = await openDeviceDisk({ files: on, directory: "/d/state", telemetry: "/d/telemetry", log });
    if (disk.enrolment === undefined) {
      await disk.storeEnrolment({ ...enrolment, url: "https://platform.test", deviceId: "dev_1" });
    }
    const heard: string[][] = [];
    let device: RunningDevice | undefined;
    device = runDevice({
      disk,
      enrolment,
      runtime: RUNTIME,
      programs: [APP],
      client: createPolicyClient({
        ...{ transport: server.transport, url: "https://platform.test", platform: PLATFORM, key: newKey() },
        ...{ deviceId: "dev_1", clock: time.clock, randomId: () => "identifier-of-16" },
      }),
      ports,
      onChange: () => void heard.push(device?.narrowed.suspended ?? []),
      ...{ clock: time.clock, timers: time.timers, random: () => 0.5, log },
      seed: String(starts).padStart(32, "0"),
    });
    await device.settled();
    await settle();
    return { device, heard };
  };
  const offer = async (claims: Parameters<typeof platform.platform>[0]) => {
    server.platform = await platform.platform(claims);
    server.push("revision", { kind: "platform", epoch: 1, revision: claims?.revision });
    await settle();
    await settle();
  };
  return { files, time, server, start, offer };
}
/** What the policies of this moment say of a call, and of a host. */
function ask({ view, policyNow }: RunningDevice, api: string, url = "https://a.example/") {
  const { inForce: policy, newer } = view.policiesOf(APP);
  if (policy === undefined) return { code: "NO_POLICY", host: "NO_POLICY" };
  const now = policyNow();
  const runtime = { kind: "linux", version: "0.1.0" };
  const { code } = decideByBoth({ policy, newer }, (by) =>
    hasAccess(by, { versionCode: 1, api, runtime, now, consent: undefined, context: undefined }),
  );
  const host = decideByBoth({ policy, newer }, (by) =>
    decideHost(by, { versionCode: 1, url, purpose: "request", now }),
  );
  return { code, host: host.code };
}

describe("a disk that takes nothing", () => {
  it("keeps no suspension and no blocked host from acting, and gives no new grant", async () => {
    const { files, server, start, offer } = await newDevice();
    const { device } = await start();
    expect(ask(device, "storage.local.get")).toMatchObject({ code: "ALLOWED" });
    files.failAt(0, "forever");
    server.programs.set(APP, await platform.program({ revision: 4, ...granted("storage.local", "device.info") }));
    await offer({ revision: 6, suspended: [APP], blockedHosts: ["a.example"], minRevisions: { [APP]: 4 } });
    expect(device.narrowed).toMatchObject({
      suspended: [APP],
      blockedHosts: ["a.example"],
      stopped: [{ appId: APP, code: "PROGRAM_SUSPENDED" }],
    });
    expect(device.view.platform?.revision).toBe(5);
    expect(ask(device, "device.info")).toEqual({ code: "PROGRAM_SUSPENDED", host: "HOST_BLOCKED_BY_PLATFORM" });
    files.heal();
    await offer({ revision: 7 });
    await device.stop();
  });

  it("lets what is newer only take away, until it takes it: then it counts whole", async () => {
    const { files, server, time, start } = await newDevice();
    const { device } = await start();
    files.failAt(0, "forever");
    server.programs.set(APP, await platform.program({ revision: 4, ...granted("device.info") }));
    server.push("revision", { kind: "program", appId: APP, epoch: 1, revision: 4 });
    await settle();
    expect([ask(device, "storage.local.get").code, ask(device, "device.info").code]).toEqual([
      "PERMISSION_DENIED",
      "PERMISSION_DENIED",
    ]);
    expect(device.view.documentsOf(APP).map(({ revision }) => revision)).toEqual([3, 4]);
    files.heal();
    await time.pass(61_000);
    expect([ask(device, "storage.local.get").code, ask(device, "device.info").code]).toEqual([
      "PERMISSION_DENIED",
      "ALLOWED",
    ]);
    expect(device.view.documentsOf(APP).map(({ revision }) => revision)).toEqual([4]);
    await device.stop();
  });

  it("does not silence a device: it tells from memory, and what the disk missed is there once it takes it", async () => {
    const { files, server, time, start } = await newDevice();
    const { device } = await start();
    files.failAt(0, "forever");
    device.telemetry.addToMinute({ appId: APP, versionCode: 1 }, { requests: 3 });
    device.telemetry.recordEvent({ type: "crashed", appId: APP, versionCode: 1 });
    await time.pass(61_000);
    const told = () => server.batches.flatMap(({ programs }) => programs.flatMap(({ minutes }) => minutes));
    expect(told().map(({ requests }) => requests)).toEqual([3]);
    expect(server.batches.flatMap(({ events }) => events)).toMatchObject([{ type: "crashed" }]);
    files.heal();
    device.telemetry.addToMinute({ appId: APP, versionCode: 1 }, { requests: 4 });
    await time.pass(2000);
    await device.stop();
    const again = await start();
    await time.pass(61_000);
    expect(told().reduce((sum, { requests }) => sum + requests, 0)).toBe(7);
    await again.device.stop();
  });
});

describe("a device that is started again", () => {
  it("goes on from what was stored, without the platform, and keeps what it had to tell", async () => {
    const { server, time, start } = await newDevice();
    const first = await start();
    first.device.telemetry.addToMinute({ appId: APP, versionCode: 1 }, { requests: 7 });
    await first.device.stop();
    await settle();
    expect(time.pending).toBe(0);
    server.intercept = () => ({ ok: false, reason: "unreachable" });
    const { device } = await start();
    expect(ask(device, "storage.local.get").code).toBe("ALLOWED");
    server.intercept = undefined;
    await device.refresh();
    await time.pass(61_000);
    const minutes = server.batches.flatMap(({ programs }) => programs.flatMap((program) => program.minutes));
    expect(minutes.reduce((sum, { requests }) => sum + requests, 0)).toBe(7);
    await device.stop();
  });
});

describe("a program that is refused without end", () => {
  it("costs the disk a few writes a second, and keeps no batch waiting", async () => {
    const { files, server, time, start } = await newDevice();
    const { device } = await start();
    await time.pass(3000);
    const before = files.operations;
    for (let number = 0; number < 40; number += 1) {
      device.telemetry.recordEvent({ type: "unknown_api", appId: APP, versionCode: 1, api: `made.up.${number}` });
      await time.pass(25);
    }
    // Two copies, four or five times.
    expect(files.operations - before).toBeLessThanOrEqual(10);
    device.telemetry.recordEvent({ type: "unknown_api", appId: APP, versionCode: 1, api: "made.up.last" });
    server.push("reportNow");
    await settle();
    expect(server.batches.at(-1)?.events).toHaveLength(41);
    await device.stop();
  });
});

describe("a device that stops", () => {
  it("offers the disk once more what it refused", async () => {
    const { files, server, time, start } = await newDevice();
    const { device } = await start();
    await time.pass(1);
    server.intercept = () => ({ ok: false, reason: "unreachable" });
    files.failAt(0, "forever");
    device.telemetry.addToMinute({ appId: APP, versionCode: 1 }, { requests: 3 });
    await time.pass(5000);
    files.heal();
    await device.stop();
    server.intercept = undefined;
    const again = await start();
    await time.pass(61_000);
    const minutes = server.batches.flatMap(({ programs }) => programs.flatMap((program) => program.minutes));
    expect(minutes.reduce((sum, { requests }) => sum + requests, 0)).toBe(3);
    await again.device.stop();
  });

  it("writes nothing afterwards, whatever is still answered", async () => {
    const { files, server, time, start } = await newDevice();
    const { device } = await start();
    await time.pass(1);
    let answer: () => void = () => undefined;
    server.intercept = (_, path) =>
      path === "/telemetry"
        ? new Promise((resolve) => {
            answer = () =>
              resolve(ok(JSON.stringify({ accepted: 0, rejected: [], nextIntervalSeconds: 60, sampling: 1 })));
          })
        : undefined;
    await time.pass(61_000);
    await device.stop();
    const before = files.operations;
    answer();
    await settle();
    expect(files.operations).toBe(before);
    expect(time.pending).toBe(0);
  });
});

describe("what a device hears", () => {
  it("acts before the disk is asked, whoever is told of it fails or not", async () => {
    const { files, start, offer } = await newDevice();
    const { device, heard } = await start();
    const before = files.operations;
    heard.length = 0;
    const push = heard.push.bind(heard);
    let operations: number | undefined;
    heard.push = (...what) => {
      if (what[0]?.includes(APP)) {
        operations ??= files.operations - before;
        throw new Error("whoever listens");
      }
      return push(...what);
    };
    await offer({ revision: 6, suspended: [APP] });
    expect(operations).toBe(0);
    expect(device.view.platform?.revision).toBe(6);
    heard.push = push;
    await device.stop();
  });

  it("of somebody who looks is answered with all that happened before", async () => {
    const { server, time, start } = await newDevice();
    const { device } = await start();
    await time.pass(2500);
    device.telemetry.addToMinute({ appId: APP, versionCode: 1 }, { requests: 3 });
    server.push("reportNow");
    await settle();
    const minutes = server.batches.at(-1)?.programs.flatMap((program) => program.minutes);
    expect(minutes?.map(({ requests }) => requests)).toEqual([3]);
    await device.stop();
  });

  it("of somebody who looks is obeyed at once, and of its revocation for good", async () => {
    const { server, time, start } = await newDevice();
    const { device } = await start();
    await time.pass(1);
    const told = server.batches.length;
    await time.pass(2000);
    server.push("reportNow");
    await settle();
    expect(server.batches.length).toBe(told + 1);
    server.push("revoked");
    await settle();
    expect([device.isRevoked, device.isConnected]).toEqual([true, false]);
    server.intercept = () => refusal(401, "device_revoked");
    await time.pass(600_000);
    expect(server.batches.length).toBe(told + 1);
    await device.stop();
  });

  it("and does not believe is logged, with which document it was and why", async () => {
    const logged: unknown[] = [];
    const { start, offer } = await newDevice({
      log: (level, event, fields) => void logged.push([level, event, fields]),
    });
    const { device } = await start();
    await offer({ revision: 6, platform: "another.example" });
    expect(logged).toContainEqual(["info", "keyset_adopted", { epoch: 1, revision: 1 }]);
    expect(logged).toContainEqual([
      "warn",
      "document_refused",
      { document: "bulkhead-platform", code: "WRONG_PLATFORM", sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    ]);
    await device.stop();
  });

  it("as an answer too large, broken or late is a failure or a refusal, never a verdict", async () => {
    const { server, time, start } = await newDevice();
    server.intercept = (_, path) => (path.startsWith("/platform") ? { ok: false, reason: "too_large" } : undefined);
    const { device } = await start();
    expect(device.view.platform).toBeUndefined();
    server.intercept = (_, path) => {
      if (path.startsWith("/platform")) throw new Error("a transport that breaks");
      return path === "/telemetry" ? ok("<html>") : undefined;
    };
    await device.refresh();
    expect(device.view.platform).toBeUndefined();
    server.intercept = undefined;
    await time.pass(2000);
    await device.settled();
    await settle();
    expect(device.view.platform?.revision).toBe(5);
    await device.stop();
  });
});
