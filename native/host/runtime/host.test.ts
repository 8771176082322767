import { createHash, sign } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import publicSuffixData from "../../catalog/public-suffixes.json" with { type: "json" };
import { packBundle } from "../../core/bundle/pack-bundle";
import { readPublicSuffixes } from "../../core/decide/public-suffixes";
import type { ProgramClaims } from "../../core/shapes/claims";
import { makeKeyPair } from "../../node/make-key-pair";
import type { RunningProgram, StartProgramOptions, StopReason } from "../ports";
import { deviceKeyOf } from "../state/device-key";
import { nodeDurableFiles } from "../state/durable-files";
import { createFakeServer, ok, refusal } from "../sync/testing/fake-server";
import { createManualTime, settle } from "../sync/testing/manual-time";
import { APP, createSigningPlatform, DAY, NOW, PLATFORM } from "../sync/testing/signing-platform";
import { openDataDirectory } from "./data-directory";
import { enrollDevice } from "./enroll-device";
import { startHost } from "./host";
import type { HostOptions, StartHostResult } from "./host-options";
import { randomId } from "./system-ports";

const log = () => undefined;
const publicSuffixes = readPublicSuffixes(publicSuffixData);
const platform = createSigningPlatform();
const publisher = makeKeyPair().privateKey;
const publisherKey = deviceKeyOf(publisher);
const encode = (text: string) => new TextEncoder().encode(text);

const manifest = {
  app_id: APP,
  name: "App",
  icons: [],
  pages: [],
  platform_version: { min_code: 1 },
  version: { code: 1, name: "1.0.0" },
  bulkhead_engine: "script",
  req_permissions: [{ name: "network.request", reason: "to ask" }],
};
const packed = packBundle(
  new Map([
    ["manifest.json", encode(JSON.stringify(manifest))],
    ["app.js", encode("0;")],
  ]),
);
if (!packed.ok) throw new Error("the test's bundle does not pack");
const bundle = packed.bytes;
const sha256 = createHash("sha256").update(bundle).digest("hex");
const granted: Partial<ProgramClaims> = {
  versions: [
    {
      code: 1,
      name: "1.0.0",
      sha256,
      size: bundle.length,
      kid: publisherKey.thumbprint,
      declares: ["network.request"],
    },
  ],
  publisherKeys: [{ kid: publisherKey.thumbprint, jwk: publisherKey.publicJwk, status: "active" }],
  grants: { "network.request": { consent: "none" } },
};

const cleaning: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleaning.splice(0).reverse()) await clean();
});

type FakeProgram = RunningProgram & { options: StartProgramOptions; applied: number[]; end(reason: StopReason): void };

/** An enrolled device with a scripted platform, and programs that only pretend to run. */
async function enrolledDevice(environment: "production" | "development" = "development") {
  const directory = await mkdtemp(join(tmpdir(), "bulkhead-host-"));
  cleaning.push(() => rm(directory, { recursive: true, force: true }));
  const time = createManualTime((NOW + 60) * 1000);
  const server = createFakeServer(() => Math.floor(time.clock.nowMs() / 1000));
  server.keysets.set(1, await platform.keyset({ environment }));
  server.platform = await platform.platform({ revision: 5 });
  server.programs.set(APP, await platform.program({ revision: 3, ...granted }));
  server.bundles.set(sha256, { bytes: bundle, signature: sign("sha256", bundle, publisher) });
  const started: FakeProgram[] = [];

  const data = await openDataDirectory({ files: nodeDurableFiles, directory, log });
  if (!data) throw new Error("the folder is in use");
  const file = {
    url: "https://platform.test",
    platform: PLATFORM,
    rootThumbprints: platform.rootThumbprints,
    threshold: 1,
    token: "one-time-token-16",
  };
  const runtime = { kind: "linux" as const, version: "0.1.0", layers: [] };
  const enrol = () =>
    enrollDevice({ file, data, transport: server.transport, runtime, clock: time.clock, randomId, log });
  expect(await enrol()).toMatchObject({ ok: true, deviceId: "dev_1", environment });
  await data.release();

  const start = async (more: Partial<HostOptions> = {}): Promise<StartHostResult> => {
    const result = await startHost({
      dataDir: directory,
      programs: [{ appId: APP }],
      startProgram: async (options) => {
        let finish: (end: { reason: StopReason }) => void = () => undefined;
        const ended = new Promise<{ reason: StopReason }>((resolve) => {
          finish = resolve;
        });
        const program: FakeProgram = {
          appId: options.bundle.appId,
          versionCode: options.bundle.versionCode,
          pid: 1000 + started.length,
          options,
          applied: [options.policy.programRevision],
          applyPolicy: (policy) => {
            program.applied.push(policy.programRevision);
          },
          stop: async (reason) => finish({ reason }),
          ended,
          consoleLines: () => [],
          end: (reason) => finish({ reason }),
        };
        started.push(program);
        return { ok: true, program };
      },
      layers: [],
      publicSuffixes,
      log,
      clock: time.clock,
      timers: time.timers,
      random: () => 0.5,
      randomId,
      transport: server.transport,
      ...more,
    });
    if (result.ok) cleaning.push(() => result.host.stop());
    return result;
  };
  const startOk = async (more: Partial<HostOptions> = {}) => {
    const result = await start(more);
    if (!result.ok) throw new Error(result.reason);
    return result.host;
  };
  return { directory, time, server, started, start, startOk };
}

const until = (check: () => void) => vi.waitFor(check, { interval: 5, timeout: 20_000 });
const stateOf = (host: { status(): { programs: readonly { state: string; reason: string | null }[] } }) =>
  host.status().programs[0];

describe("a host that starts", () => {
  it("runs the verified version under the documents in force, and says at once what is applied", async () => {
    const { server, started, startOk } = await enrolledDevice();
    const host = await startOk();
    await until(() => expect(started).toHaveLength(1));
    expect(started[0]?.options.bundle).toMatchObject({ appId: APP, versionCode: 1, engine: "script" });
    expect(Buffer.from(started[0]?.options.bundle.readFile("app.js") ?? []).toString()).toBe("0;");
    expect(started[0]?.options.policy).toMatchObject({ epoch: 1, platformRevision: 5, programRevision: 3 });
    await until(() => expect(stateOf(host)).toMatchObject({ state: "running", pid: 1000, versionCode: 1 }));
    const applied = { epoch: 1, keyset: 1, platform: 5, programs: { [APP]: 3 } };
    await until(() => expect(server.batches.at(-1)?.applied).toEqual(applied));
  });

  it("is alone on its folder: a second one is refused until the first has stopped", async () => {
    const { start, startOk } = await enrolledDevice();
    const first = await startOk();
    expect(await start()).toEqual({ ok: false, reason: "data_directory_in_use" });
    await first.stop();
    expect((await start()).ok).toBe(true);
  });

  it("runs nothing on a folder that was never enrolled", async () => {
    const { start } = await enrolledDevice();
    const empty = await mkdtemp(join(tmpdir(), "bulkhead-host-"));
    cleaning.push(() => rm(empty, { recursive: true, force: true }));
    expect(await start({ dataDir: empty })).toEqual({ ok: false, reason: "not_enrolled" });
  });

  it("refuses development hosts under a production keyset, and lets the folder go", async () => {
    const { start } = await enrolledDevice("production");
    const developmentHosts = [{ host: "a.test", address: "127.0.0.1", port: 1, certificateAuthorityPem: "x" }];
    expect(await start({ developmentHosts })).toEqual({ ok: false, reason: "development_hosts_refused" });
    expect((await start()).ok).toBe(true);
  });

  it("does not run a bundle that is not the one listed, and tells of it", async () => {
    for (const change of [
      { bytes: Buffer.concat([bundle, Buffer.from([0])]), signature: sign("sha256", bundle, publisher) },
      { bytes: bundle, signature: sign("sha256", Buffer.from("other"), publisher) },
    ]) {
      const { server, started, startOk, time } = await enrolledDevice();
      server.bundles.set(sha256, change);
      const host = await startOk();
      await until(() => expect(stateOf(host)?.reason).toMatch(/version_not_allowed|digest_mismatch|signature_invalid/));
      await time.pass(200_000);
      await until(() => expect(server.batches.flatMap((batch) => batch.events).length).toBeGreaterThan(0));
      expect(server.batches.flatMap((batch) => batch.events)[0]).toMatchObject({
        type: "attestation_failed",
        appId: APP,
      });
      expect(started).toHaveLength(0);
    }
  });
});

describe("a new document", () => {
  it("reaches a running program without a restart, and the platform hears that it is applied", async () => {
    const { server, started, startOk } = await enrolledDevice();
    await startOk();
    await until(() => expect(started).toHaveLength(1));
    await until(() => expect(server.openStreams).toBe(1));
    server.programs.set(APP, await platform.program({ revision: 4, ...granted, grants: {} }));
    server.platform = await platform.platform({ revision: 6, minRevisions: { [APP]: 4 } });
    server.push("revision", { kind: "platform", epoch: 1, revision: 6 });
    await until(() => expect(started[0]?.applied.at(-1)).toBe(4));
    await until(() => expect(server.batches.at(-1)?.applied).toMatchObject({ platform: 6, programs: { [APP]: 4 } }));
    expect(started).toHaveLength(1);
  });

  it("that suspends the program stops it, and one that lifts it starts it again", async () => {
    const { server, started, startOk } = await enrolledDevice();
    const host = await startOk();
    await until(() => expect(stateOf(host)?.state).toBe("running"));
    await until(() => expect(server.openStreams).toBe(1));
    server.platform = await platform.platform({ revision: 6, suspended: [APP] });
    server.push("revision", { kind: "platform", epoch: 1, revision: 6 });
    await until(() => expect(stateOf(host)).toMatchObject({ state: "waiting", reason: "suspended", pid: null }));
    server.platform = await platform.platform({ revision: 7 });
    server.push("revision", { kind: "platform", epoch: 1, revision: 7 });
    await until(() => expect(stateOf(host)?.state).toBe("running"));
    expect(started).toHaveLength(2);
  });

  it("that suspends a program stops it, whatever those who listen to the host make of it", async () => {
    const { server, startOk, started } = await enrolledDevice();
    const failures = new Set<string>();
    let isFailing = false;
    const fail = () => {
      if (isFailing) throw new Error("whoever listens");
      return { foreground: true, gesture: true };
    };
    const host = await startOk({
      ...{ onStatus: fail, moment: fail, onConsole: fail },
      log: (_, event, { error } = {}) => void (error === undefined || failures.add(event)),
    });
    await until(() => expect(stateOf(host)?.state).toBe("running"));
    await until(() => expect(server.openStreams).toBe(1));
    isFailing = true;
    expect(started[0]?.options.moment?.()).toEqual({ foreground: false, gesture: false });
    started[0]?.options.console?.({ atMs: 0, level: "info", text: "x" });
    server.platform = await platform.platform({ revision: 6, suspended: [APP] });
    server.push("revision", { kind: "platform", epoch: 1, revision: 6 });
    await until(() => expect(stateOf(host)).toMatchObject({ state: "waiting", reason: "suspended", pid: null }));
    expect([...failures].sort()).toEqual(["console_not_heard", "moment_not_told", "status_not_heard"]);
  });

  it("reaches a program whose engine never says that it stands: so does a suspension, and the host's end", async () => {
    const { server, startOk } = await enrolledDevice();
    const launched: { applied: number[]; reasons: StopReason[] }[] = [];
    const host = await startOk({
      startProgram: ({ bundle, onLaunched }) =>
        new Promise((resolve) => {
          let finish: (end: { reason: StopReason }) => void = () => undefined;
          const seen = { applied: [] as number[], reasons: [] as StopReason[] };
          launched.push(seen);
          onLaunched?.({
            ...{ appId: bundle.appId, versionCode: 1, pid: 1, consoleLines: () => [] },
            ended: new Promise((settled) => {
              finish = settled;
            }),
            applyPolicy: (policy) => void seen.applied.push(policy.programRevision),
            async stop(reason) {
              seen.reasons.push(reason);
              resolve({ ok: false, reason: "start_failed" });
              finish({ reason });
            },
          });
        }),
    });
    await until(() => expect(launched).toHaveLength(1));
    expect(stateOf(host)?.state).toBe("starting");
    await until(() => expect(server.openStreams).toBe(1));
    server.programs.set(APP, await platform.program({ revision: 4, ...granted, grants: {} }));
    server.push("revision", { kind: "program", appId: APP, epoch: 1, revision: 4 });
    await until(() => expect(launched[0]?.applied.at(-1)).toBe(4));
    server.platform = await platform.platform({ revision: 6, suspended: [APP] });
    server.push("revision", { kind: "platform", epoch: 1, revision: 6 });
    await until(() => expect(stateOf(host)).toMatchObject({ state: "waiting", reason: "suspended", pid: null }));
    server.platform = await platform.platform({ revision: 7 });
    server.push("revision", { kind: "platform", epoch: 1, revision: 7 });
    await until(() => expect(launched).toHaveLength(2));
    await host.stop();
    expect(launched.map(({ reasons }) => reasons[0])).toEqual(["suspended", "stopped"]);
    expect(stateOf(host)).toMatchObject({ state: "ended", reason: "stopped" });
  });

  it("that never comes does not keep a suspension from acting", async () => {
    const { server, startOk } = await enrolledDevice();
    const host = await startOk();
    await until(() => expect(stateOf(host)?.state).toBe("running"));
    await until(() => expect(server.openStreams).toBe(1));
    server.intercept = (_, path) => (path.startsWith("/programs") ? new Promise(() => undefined) : undefined);
    server.platform = await platform.platform({ revision: 6, suspended: [APP], minRevisions: { [APP]: 9 } });
    server.push("revision", { kind: "platform", epoch: 1, revision: 6 });
    await until(() => expect(stateOf(host)).toMatchObject({ state: "waiting", reason: "suspended" }));
  });

  it("of a higher epoch's keyset ends what runs at once, until the documents of that epoch are there", async () => {
    const { server, startOk } = await enrolledDevice();
    const host = await startOk();
    await until(() => expect(stateOf(host)?.state).toBe("running"));
    await until(() => expect(server.openStreams).toBe(1));
    server.keysets.set(2, await platform.keyset({ revision: 2, epoch: 2 }));
    server.push("revision", { kind: "keyset", epoch: 2, revision: 2 });
    await until(() => expect(stateOf(host)).toMatchObject({ state: "waiting", reason: "policy_expired" }));
    server.platform = await platform.platform({ epoch: 2, revision: 1 });
    server.programs.set(APP, await platform.program({ epoch: 2, revision: 1, ...granted }));
    await host.refresh();
    await until(() => expect(stateOf(host)?.state).toBe("running"));
  });
});

describe("a platform that is silent", () => {
  it("leaves a restarted device with its last good documents and its own copy of the bundle", async () => {
    const { server, started, startOk } = await enrolledDevice();
    const first = await startOk();
    await until(() => expect(started).toHaveLength(1));
    await first.stop();
    server.intercept = () => ({ ok: false, reason: "unreachable" });
    const host = await startOk();
    await until(() => expect(stateOf(host)?.state).toBe("running"));
    expect(host.status()).toMatchObject({ isStale: false, platformRevision: 5, isConnected: false });
  });

  it("is outlived for the grace and no longer; a clock set back does not lengthen it", async () => {
    const { server, startOk, time } = await enrolledDevice();
    const host = await startOk();
    await until(() => expect(stateOf(host)?.state).toBe("running"));
    server.intercept = () => ({ ok: false, reason: "unreachable" });
    server.endStreams();
    time.jump(DAY * 1000);
    await time.pass(61_000);
    expect(host.status().isStale).toBe(true);
    expect(stateOf(host)?.state).toBe("running");
    time.jump(3 * DAY * 1000);
    await time.pass(61_000);
    await until(() => expect(stateOf(host)).toMatchObject({ state: "waiting", reason: "policy_expired" }));
    time.jump(-10 * DAY * 1000);
    await time.pass(61_000);
    expect(stateOf(host)).toMatchObject({ state: "waiting", reason: "policy_expired" });
    server.intercept = undefined;
    time.jump(10 * DAY * 1000);
    const nowSeconds = Math.floor(time.clock.nowMs() / 1000);
    server.platform = await platform.platform({ revision: 6, iat: nowSeconds });
    await host.refresh();
    await until(() => expect(stateOf(host)?.state).toBe("running"));
  });

  it("having revoked the device hears no more from it, while the device goes on enforcing", async () => {
    const { server, startOk, time } = await enrolledDevice();
    const host = await startOk();
    await until(() => expect(server.openStreams).toBe(1));
    await until(() => expect(stateOf(host)?.state).toBe("running"));
    server.push("revoked");
    await until(() => expect(host.status().isRevoked).toBe(true));
    const heard = server.batches.length;
    server.intercept = (_, path) => (path === "/token" ? refusal(401, "device_revoked") : undefined);
    await time.pass(600_000);
    expect(server.batches.length).toBe(heard);
    expect(stateOf(host)?.state).toBe("running");
  });
});

describe("a platform that lost documents", () => {
  it("gets the stored platform document back, byte for byte, once an answer; its refusal stops no telemetry", async () => {
    const { server, startOk, time } = await enrolledDevice();
    const given: { type: string | undefined; token: string | undefined; bytes: Uint8Array }[] = [];
    let answers = 0;
    server.intercept = (request, path) => {
      if (path === "/held") {
        const { "content-type": type, authorization: token } = request.headers;
        given.push({ type, token, bytes: request.body ?? new Uint8Array() });
        return refusal(422, "unprocessable");
      }
      if (path !== "/telemetry") return undefined;
      const { applied } = JSON.parse(Buffer.from(request.body ?? []).toString());
      if (applied.platform === 0) return undefined;
      answers += 1;
      return ok(
        JSON.stringify({ accepted: 0, rejected: [], nextIntervalSeconds: 60, sampling: 100, wanted: ["platform"] }),
      );
    };
    await startOk();
    await until(() => expect([answers, given.length]).toEqual([1, 1]));
    expect(given[0]).toMatchObject({ type: "application/jose", token: "Bearer token-1" });
    expect(Buffer.from(given[0]?.bytes ?? []).equals(Buffer.from(server.platform ?? []))).toBe(true);
    await time.pass(60_000);
    await until(() => expect(answers).toBe(2));
    await until(() => expect(given).toHaveLength(2));
  });
});

describe("a program that ends by itself", () => {
  it("is started again after growing waits, and not at all where restarts are off", async () => {
    const { started, startOk, time } = await enrolledDevice();
    const host = await startOk();
    for (let run = 1; run <= 3; run++) {
      await until(() => expect(started).toHaveLength(run));
      await until(() => expect(stateOf(host)?.state).toBe("running"));
      started.at(-1)?.end("crashed");
      await until(() => expect(stateOf(host)).toMatchObject({ state: "waiting", reason: "crashed" }));
      await time.pass(400 * 2 ** (run - 1));
      expect(started).toHaveLength(run);
      await time.pass(200 * 2 ** (run - 1));
    }
    await host.stop();
    const once = await startOk({ restart: false });
    await until(() => expect(stateOf(once)?.state).toBe("running"));
    started.at(-1)?.end("crashed");
    await until(() => expect(stateOf(once)).toMatchObject({ state: "ended", reason: "crashed" }));
  });
});

describe("a program that is launched by name", () => {
  const nobody = { programs: [] };

  it("has its document fetched and followed: a suspension ends it, and nothing starts it again by itself", async () => {
    const { server, started, startOk, time } = await enrolledDevice();
    const host = await startOk(nobody);
    expect(host.status().programs).toEqual([]);
    expect(await host.launch({ appId: APP })).toMatchObject({ ok: true, status: { state: "running", versionCode: 1 } });
    expect(await host.launch({ appId: APP })).toEqual({ ok: false, reason: "already_running" });
    await until(() => expect(server.openStreams).toBe(1));
    server.platform = await platform.platform({ revision: 6, suspended: [APP] });
    server.push("revision", { kind: "platform", epoch: 1, revision: 6 });
    await until(() => expect(stateOf(host)).toMatchObject({ state: "ended", reason: "suspended", pid: null }));
    expect(await host.launch({ appId: APP })).toEqual({ ok: false, reason: "program_suspended" });
    server.platform = await platform.platform({ revision: 7 });
    server.push("revision", { kind: "platform", epoch: 1, revision: 7 });
    await until(() => expect(host.status().platformRevision).toBe(7));
    await time.pass(120_000);
    expect(started).toHaveLength(1);
    expect((await host.launch({ appId: APP })).ok).toBe(true);
    started.at(-1)?.end("crashed");
    await until(() => expect(stateOf(host)).toMatchObject({ state: "ended", reason: "crashed" }));
    await time.pass(120_000);
    expect(started).toHaveLength(2);
  });

  it("is waited for by each who asks while its document is on its way", async () => {
    const { startOk } = await enrolledDevice();
    const host = await startOk(nobody);
    const [installed, launched] = await Promise.all([host.install({ appId: APP }), host.launch({ appId: APP })]);
    expect([installed.ok, launched.ok]).toEqual([true, true]);
  });

  it("needs no bundle of the platform where it was installed from one at hand, and takes no other than the listed one", async () => {
    const { server, startOk } = await enrolledDevice();
    server.bundles.clear();
    const host = await startOk(nobody);
    expect(await host.launch({ appId: APP })).toEqual({ ok: false, reason: "bundle_unavailable" });
    const signature = sign("sha256", bundle, publisher);
    const changed = Uint8Array.from(bundle, (byte, index) => (index === 40 ? byte ^ 1 : byte));
    for (const handed of [
      { bytes: changed, signature: sign("sha256", changed, publisher) },
      { bytes: bundle, signature: sign("sha256", bundle, makeKeyPair().privateKey) },
    ])
      expect(await host.install({ appId: APP }, handed)).toMatchObject({ ok: false, reason: "bundle_refused" });
    expect(await host.launch({ appId: APP })).toEqual({ ok: false, reason: "bundle_unavailable" });
    expect(await host.install({ appId: APP }, { bytes: bundle, signature })).toEqual({ ok: true, versionCode: 1 });
    expect((await host.launch({ appId: APP })).ok).toBe(true);
  });

  it("and stopped while its document is on its way, or its bundle, is not started", async () => {
    const { startOk, started } = await enrolledDevice();
    const host = await startOk(nobody);
    const launching = host.launch({ appId: APP });
    await host.stopProgram(APP);
    expect(await launching).toEqual({ ok: false, reason: "launch_called_off" });
    const again = host.launch({ appId: APP });
    await until(() => expect(stateOf(host)?.state).toBe("starting"));
    await host.stopProgram(APP);
    expect(await again).toEqual({ ok: false, reason: "launch_called_off" });
    expect([started.length, stateOf(host)]).toMatchObject([0, { state: "ended", reason: "stopped" }]);
  });

  it("that is kept running stays stopped once somebody stopped it, until he launches it", async () => {
    const { startOk, started, time } = await enrolledDevice();
    const host = await startOk();
    await until(() => expect(stateOf(host)?.state).toBe("running"));
    await host.stopProgram(APP);
    expect(stateOf(host)).toMatchObject({ state: "ended", reason: "stopped" });
    await time.pass(120_000);
    expect(started).toHaveLength(1);
    expect((await host.launch({ appId: APP })).ok).toBe(true);
    started.at(-1)?.end("crashed");
    await until(() => expect(stateOf(host)).toMatchObject({ state: "waiting", reason: "crashed" }));
    await time.pass(2_000);
    await until(() => expect(started).toHaveLength(3));
  });
});

describe("a host that stops", () => {
  it("lets its folder go, although a program could not be stopped", async () => {
    const { started, startOk, start, time } = await enrolledDevice();
    const logged: string[] = [];
    const host = await startOk({ log: (_, event) => void logged.push(event) });
    await until(() => expect(stateOf(host)?.state).toBe("running"));
    for (const program of started) program.stop = () => Promise.reject(new Error("it does not end"));
    await host.stop();
    expect(logged).toContain("program_stop_failed");
    expect(time.pending).toBe(0);
    expect((await start()).ok).toBe(true);
  });

  it("stops its programs, leaves no timer and keeps what was counted for the next start", async () => {
    const { server, started, startOk, time, directory } = await enrolledDevice();
    const host = await startOk();
    await until(() => expect(started).toHaveLength(1));
    await until(() => expect(server.batches.at(-1)?.applied).toMatchObject({ platform: 5 }));
    started[0]?.options.telemetry.addToMinute({ appId: APP, versionCode: 1 }, { requests: 7 });
    await host.stop();
    await settle();
    expect(await started[0]?.ended).toEqual({ reason: "stopped" });
    expect(time.pending).toBe(0);
    expect((await readdir(directory)).sort()).toEqual(["bundles", "device-key.pem", "state", "telemetry"]);
    await startOk();
    await time.pass(61_000);
    const minutes = () => server.batches.flatMap((batch) => batch.programs.flatMap((program) => program.minutes));
    await until(() => expect(minutes().reduce((sum, minute) => sum + minute.requests, 0)).toBe(7));
  });
});
