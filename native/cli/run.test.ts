import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TelemetryBatch } from "../core/telemetry/batch";
import { missingLayers } from "../host/confinement/confinement-layers";
import { probeConfinement } from "../host/confinement/probe-confinement";
import { processTree, systemProc } from "../host/confinement/process-tree";
import { showRefusals } from "./commands/run";
import { createCommandLine } from "./testing/run-command-line";

const { layers } = await probeConfinement();
const missing = missingLayers(layers, ["cgroup"]);
if (missing.length > 0) process.stderr.write(`skipped: running programs: missing here: ${missing.join(", ")}\n`);

const COMMAND = fileURLToPath(new URL("bin/bulkhead.mjs", import.meta.url));
/** What whoever starts it had open, and did not mean for it. */
const LEAKED = 'exec 30</etc/passwd 31</etc 251</etc/hostname; exec "$@"';

/** What a process holds open of the files above. */
const leakedTo = (pid: number): string[] =>
  readdirSync(`/proc/${pid}/fd`)
    .map((descriptor) => systemProc.link(`/proc/${pid}/fd/${descriptor}`) ?? "")
    .filter((path) => path === "/etc" || path.startsWith("/etc/"));
/** The bundler is no part of a host that was installed, and ends with it. */
const isBundler = (pid: number): boolean => systemProc.link(`/proc/${pid}/exe`)?.includes("esbuild") === true;

describe("a machine that cannot confine programs", () => {
  it.skipIf(missing.length === 0)(
    "does not run one, says which layers are missing, and what is typed where that is taken",
    async () => {
      const line = createCommandLine({ interrupted: () => new Promise(() => {}) });
      await line.run(["init", "notes"]);
      const { code, stderr } = await line.run(["run", "notes"]);
      expect([code, stderr]).toEqual([1, expect.stringContaining("NOT_CONFINED")]);
      for (const name of missing) expect(stderr).toContain(`--allow-degraded ${name}`);
      line.remove();
    },
  );
});

it("run tells what a program was refused, also where its causes are too many to be told apart, and what is not told singly", () => {
  const logged: unknown[][] = [];
  const batch: TelemetryBatch = {
    batchId: "b",
    sequence: 1,
    sentAt: 60,
    runtime: { kind: "linux", version: "0.1.0", layers: [] },
    applied: { epoch: 1, keyset: 1, platform: 1, programs: {} },
    programs: [
      {
        ...{ appId: "com.example.notes", versionCode: 1 },
        minutes: [
          {
            ...{
              at: 60,
              cpuMs: 0,
              memoryBytesMax: 0,
              requests: 0,
              blocked: 0,
              bytesIn: 0,
              bytesOut: 0,
              throttledMs: 0,
            },
            ...{ crashes: 0, inFlightMax: 0, apis: {}, hosts: [] },
            denials: [
              { cause: "0123456789abcdef", code: "HOST_NOT_ALLOWED", layer: "host", rule: null, count: 3 },
              { cause: "~other", count: 40 },
            ],
          },
        ],
      },
    ],
    events: [],
    discarded: [{ reason: "program_share", count: 12 }],
  };
  showRefusals(batch, { log: (_level, event, fields = {}) => void logged.push([event, fields.code, fields.count]) });
  expect(logged).toEqual([
    ["denied", "HOST_NOT_ALLOWED", 3],
    ["denied_otherwise", undefined, 40],
    ["left_out", undefined, 12],
  ]);
});

describe.skipIf(missing.length > 0)("bulkhead run DIR", () => {
  let hear: (text: string) => void = () => {};
  let stop: () => void = () => {};
  const heard: string[] = [];
  const line = createCommandLine({
    write: async (text) => {
      heard.push(text);
      hear(text);
    },
    interrupted: () =>
      new Promise((resolve) => {
        stop = resolve;
      }),
  });
  beforeAll(async () => {
    await line.run(["init", "notes", "--app-id", "com.example.notes"]);
  });
  afterAll(() => line.remove());

  it("runs what init wrote, shows what it says, and stops when it is told to", async () => {
    hear = (text) => text.includes("start 1 on linux") && stop();
    expect(await line.run(["run", "notes"])).toMatchObject({
      code: 0,
      stderr: expect.stringContaining("next: change the program and run it again"),
    });
    expect(heard.join("")).toContain("com.example.notes: start 1 on linux");
  });

  it("keeps nothing open of what it was started with, and hands nothing of it to a program", async () => {
    const run = spawn("/bin/bash", ["-c", LEAKED, "run", process.execPath, COMMAND, "run", line.path("notes")], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    const gone = once(run, "exit");
    try {
      for await (const text of createInterface(run.stdout)) if (text.includes("on linux")) break;
      const processes = processTree(systemProc, run.pid ?? 0).filter((pid) => !isBundler(pid));
      expect(processes.length).toBeGreaterThan(3);
      expect(processes.flatMap(leakedTo)).toEqual([]);
    } finally {
      run.kill("SIGINT");
    }
    expect(await gone).toEqual([0, null]);
  });

  it("fails where the program crashed", async () => {
    writeFileSync(line.path("notes/app.js"), 'throw new Error("on purpose");');
    expect(await line.run(["run", "notes"])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("PROGRAM_ENDED"),
    });
  });

  it("refuses a folder that is no program before anything is started, in the words of lint", async () => {
    writeFileSync(line.path("notes/manifest.json"), '{ "app_id": "com.example.notes",\n  "icons": [1.5] }');
    const run = await line.run(["run", "notes"]);
    expect(run).toMatchObject({ code: 1, stderr: expect.stringContaining("MANIFEST_INVALID") });
    expect(run.stderr).toContain("manifest.json:2:16: a number that is none");
    expect(await line.run(["lint", "notes"])).toEqual(run);
  });
});
