import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { missingLayers as missingLayersOf } from "@/native/host/confinement/confinement-layers";
import { probeConfinement } from "@/native/host/confinement/probe-confinement";
import type { HostStatus } from "@/native/host/runtime/host-options";
import { type Child, startChild } from "../client/child";
import type { ConsoleSession } from "../client/console-session";

export type ProgramLine = HostStatus["programs"][number];

/**
 * Starts the demo's one host: a process of its own that enrols by a file, as any device does, and runs the samples.
 * Where a layer of confinement cannot be had here, the demo's own samples run without it, and that is said loudly.
 */
export async function startHost(options: {
  root: string;
  dataDir: string;
  operator: ConsoleSession;
  appIds: readonly string[];
  developmentHosts: readonly Record<string, unknown>[];
  say(text: string): void;
  onProgram(line: ProgramLine): void;
}): Promise<Child> {
  const { dataDir } = options;
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const hostsFile = join(dataDir, "development-hosts.json");
  writeFileSync(hostsFile, JSON.stringify({ hosts: options.developmentHosts }));
  const state = join(dataDir, "state");
  const isEnrolled = join(dataDir, "enrolled");
  const enrolment = existsSync(isEnrolled) ? [] : ["--enroll", await writeEnrolment(options)];
  const missing = await missingLayers(options.say);
  const shown = new Map<string, string>();
  const host = startChild(
    "dist/native/host.mjs",
    [
      "--data",
      state,
      "--development-hosts",
      hostsFile,
      "--json",
      ...enrolment,
      ...options.appIds.flatMap((appId) => ["--program", appId]),
      ...missing.flatMap((layer) => ["--allow-degraded", layer]),
    ],
    {
      cwd: options.root,
      say: options.say,
      onLine(line) {
        if (line.event === "enrolled") writeFileSync(isEnrolled, "");
        if (line.event !== "status" && line.event !== "ready") return;
        // Safe: `status` and `ready` lines of this process carry the host's own status.
        for (const program of (line as unknown as HostStatus).programs) {
          const text = JSON.stringify(program);
          if (shown.get(program.appId) === text) continue;
          shown.set(program.appId, text);
          options.onProgram(program);
        }
      },
    },
  );
  await host.waitFor("ready");
  return host;
}

async function writeEnrolment(options: { dataDir: string; operator: ConsoleSession }): Promise<string> {
  const name = `${hostname().slice(0, 60)} (demo)`;
  const { file } = await options.operator.post<{ file: unknown }>("enrolments", {
    deviceName: name,
    labels: { app: "harbor", channel: "demo" },
  });
  const path = join(options.dataDir, "enrolment.json");
  writeFileSync(path, JSON.stringify(file), { mode: 0o600 });
  return path;
}

async function missingLayers(say: (text: string) => void): Promise<string[]> {
  const { layers } = await probeConfinement();
  const names: readonly string[] = missingLayersOf(layers, []);
  const missing = layers.filter((layer) => names.includes(layer.name));
  if (missing.length > 0) {
    say("");
    say(
      "DEGRADED: this system cannot confine programs fully. The demo's own samples run all the same; others would not.",
    );
    for (const layer of missing) say(`  missing ${layer.name}: ${layer.reason ?? "not available"}`);
    say("");
  }
  return missing.map((layer) => layer.name);
}
