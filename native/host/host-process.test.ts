import { type ChildProcess, spawn } from "node:child_process";
import { createHash, sign } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it, vi } from "vitest";
import { packBundle } from "../core/bundle/pack-bundle";
import type { TelemetryBatch } from "../core/telemetry/batch";
import { makeKeyPair } from "../node/make-key-pair";
import type { HostStatus } from "./api/host-status";
import { processTree, systemProc } from "./confinement/process-tree";
import { requireConfinement } from "./confinement/require-confinement";
import { deviceKeyOf } from "./state/device-key";
import { createFakeServer } from "./sync/testing/fake-server";
import { serveFake } from "./sync/testing/serve-fake";
import { APP, createSigningPlatform, DAY, PLATFORM } from "./sync/testing/signing-platform";

const { available } = await requireConfinement("the host as a process");
const nowSeconds = () => Math.floor(Date.now() / 1000);
const encode = (text: string) => new TextEncoder().encode(text);
const cleaning: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleaning.splice(0).reverse()) await clean();
});

/** Asks for a host that it was not granted, ten times a second. */
const SCRIPT = `setInterval(() => {
  bulkhead.call("network.request", { url: "https://evil.example.test/" }).catch(() => {});
}, 100);`;

async function startPlatform() {
  const platform = createSigningPlatform();
  const publisher = makeKeyPair().privateKey;
  const key = deviceKeyOf(publisher);
  const packed = packBundle(
    new Map([
      [
        "manifest.json",
        encode(
          JSON.stringify({
            app_id: APP,
            name: "App",
            icons: [],
            pages: [],
            platform_version: { min_code: 1 },
            version: { code: 1, name: "1.0.0" },
            bulkhead_engine: "script",
            req_permissions: [{ name: "network.request", reason: "to ask" }],
          }),
        ),
      ],
      ["app.js", encode(SCRIPT)],
    ]),
  );
  if (!packed.ok) throw new Error("the test's bundle does not pack");
  const sha256 = createHash("sha256").update(packed.bytes).digest("hex");
  const server = createFakeServer(nowSeconds);
  server.nextIntervalSeconds = 1;
  const iat = nowSeconds();
  const telemetry = { intervalSeconds: 1, sampling: 100 };
  server.keysets.set(1, await platform.keyset({ iat, exp: iat + 10 * DAY }));
  server.platform = await platform.platform({ iat, revision: 5, telemetry });
  const versions = [
    { code: 1, name: "1.0.0", sha256, size: packed.bytes.length, kid: key.thumbprint, declares: ["network.request"] },
  ];
  const program = {
    iat,
    revision: 3,
    versions,
    publisherKeys: [{ kid: key.thumbprint, jwk: key.publicJwk, status: "active" as const }],
    grants: { "network.request": { consent: "none" as const } },
  };
  server.programs.set(APP, await platform.program(program));
  server.bundles.set(sha256, { bytes: packed.bytes, signature: sign("sha256", packed.bytes, publisher) });
  const served = await serveFake(server);
  cleaning.push(served.close);
  const directory = await mkdtemp(join(tmpdir(), "bulkhead-process-"));
  cleaning.push(() => rm(directory, { recursive: true, force: true }));
  const { rootThumbprints } = platform;
  const file = { url: served.url, platform: PLATFORM, rootThumbprints, threshold: 1, token: "one-time-token-16" };
  await writeFile(join(directory, "enrolment.json"), JSON.stringify(file));
  return { platform, server, directory, telemetry };
}

type HostProcess = { child: ChildProcess; lines: (Record<string, unknown> & { event: string })[]; pid(): number };

function startHostProcess(directory: string): HostProcess {
  const main = fileURLToPath(new URL("./main.ts", import.meta.url));
  const args = ["--import", "tsx", main, "--data", join(directory, "data"), "--program", APP, "--json"];
  // as a shell or a service manager may: with files open that are none of its business
  const leaking = 'exec 30</etc/passwd 31</proc 251</etc/hostname; exec "$@"';
  const host = [process.execPath, ...args, "--enroll", join(directory, "enrolment.json")];
  const child = spawn("/bin/bash", ["-c", leaking, "host", ...host], { stdio: ["ignore", "pipe", "ignore"] });
  cleaning.push(() => child.kill("SIGKILL"));
  const lines: HostProcess["lines"] = [];
  createInterface({ input: child.stdout }).on("line", (line) => lines.push(JSON.parse(line)));
  const pid = () => {
    const last = lines.filter((line) => "programs" in line).at(-1) as unknown as HostStatus | undefined;
    const running = last?.programs[0];
    if (running?.state !== "running" || running.pid === null) throw new Error("the program does not run");
    return running.pid;
  };
  return { child, lines, pid };
}

const until = (check: () => void) => vi.waitFor(check, { interval: 20, timeout: 100_000 });
const isAlive = (pid: number) => existsSync(`/proc/${pid}`);
const exitOf = (child: ChildProcess) =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve(child.exitCode)
    : new Promise((resolve) => child.once("exit", resolve));

describe.skipIf(!available)("the host as a process", () => {
  it("enrols, runs, hears a suspension, and ends in order leaving nothing behind", async () => {
    const { platform, server, directory, telemetry } = await startPlatform();
    const host = startHostProcess(directory);
    await until(() => host.pid());
    const first = host.pid();
    expect(isAlive(first)).toBe(true);
    for (const pid of [host.child.pid ?? 0, ...processTree(systemProc, first)]) {
      const open = readdirSync(`/proc/${pid}/fd`).map((name) => systemProc.link(`/proc/${pid}/fd/${name}`));
      expect(open.filter((link) => ["/etc/passwd", "/proc", "/etc/hostname"].includes(link ?? ""))).toEqual([]);
    }
    await until(() => expect(server.batches.flatMap((batch) => batch.events).length).toBeGreaterThan(0));
    expect(server.batches.flatMap((batch) => batch.events)[0]).toMatchObject({
      type: "blocked_request",
      code: "HOST_NOT_ALLOWED",
      appId: APP,
      host: "evil.example.test",
    });
    const iat = nowSeconds();
    server.platform = await platform.platform({ iat, revision: 6, telemetry, suspended: [APP] });
    server.push("revision", { kind: "platform", epoch: 1, revision: 6 });
    await until(() => expect(isAlive(first)).toBe(false));
    server.platform = await platform.platform({ iat, revision: 7, telemetry });
    server.push("revision", { kind: "platform", epoch: 1, revision: 7 });
    await until(() => expect(host.pid()).not.toBe(first));
    const second = host.pid();
    host.child.kill("SIGTERM");
    expect(await exitOf(host.child)).toBe(0);
    expect(isAlive(second)).toBe(false);
    expect(host.lines.at(-1)?.event).toBe("stopped");
  });

  it("killed again and again while it uploads leaves no orphan, loses no event that it sent and counts none twice", async () => {
    const { server, directory } = await startPlatform();
    const answered = new Map<string, string>();
    const events = new Map<string, number>();
    let received = 0;
    let killNow: (() => void) | undefined;
    server.intercept = async (request, path) => {
      if (path !== "/telemetry") return undefined;
      const text = Buffer.from(request.body ?? []).toString();
      const batch: TelemetryBatch = JSON.parse(text);
      received += 1;
      const known = answered.get(batch.batchId);
      // One id, one body: whatever is sent again after a kill is what was sent before.
      expect(known ?? text).toBe(text);
      if (known === undefined) {
        answered.set(batch.batchId, text);
        for (const { eventId } of batch.events) events.set(eventId, (events.get(eventId) ?? 0) + 1);
      }
      killNow?.();
      return undefined;
    };
    for (let round = 0; round < 3; round++) {
      const host = startHostProcess(directory);
      await until(() => host.pid());
      const pid = host.pid();
      const before = received;
      await until(() => expect(received).toBeGreaterThan(before));
      // In the middle of an upload: the batch is received and its answer is not yet there.
      await new Promise<void>((resolve) => {
        killNow = () => {
          killNow = undefined;
          host.child.kill("SIGKILL");
          resolve();
        };
      });
      await exitOf(host.child);
      await until(() => expect(isAlive(pid)).toBe(false));
    }
    const last = startHostProcess(directory);
    const batchesBefore = answered.size;
    await until(() => expect(answered.size).toBeGreaterThan(batchesBefore + 1));
    last.child.kill("SIGTERM");
    expect(await exitOf(last.child)).toBe(0);
    expect(Math.max(...events.values())).toBe(1);
    const sequences = [...answered.values()].map((text) => (JSON.parse(text) as TelemetryBatch).sequence);
    expect(sequences).toEqual([...sequences].sort((a, b) => a - b));
    expect(new Set(sequences).size).toBe(sequences.length);
  });
});
