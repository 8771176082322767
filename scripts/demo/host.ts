import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import type { HostStatus } from "@/native/host/api/host-status";
import { type LayerReport, missingLayers as missingLayersOf } from "@/native/host/confinement/confinement-layers";
import { probeConfinement } from "@/native/host/confinement/probe-confinement";
import { type Child, startChild } from "../client/child";
import type { ConsoleSession } from "../client/console-session";
import type { LeftOut } from "../setup/left-out";

export type ProgramLine = HostStatus["programs"][number];

/**
 * Starts the demo's one host: a process of its own that enrols by a file, as any device does, and runs the samples
 * without the layers of confinement that are named as missing.
 */
export async function startHost(options: {
  root: string;
  dataDir: string;
  operator: ConsoleSession;
  appIds: readonly string[];
  developmentHosts: readonly Record<string, unknown>[];
  missing: readonly LayerReport[];
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
      ...options.missing.flatMap(({ name }) => ["--allow-degraded", name]),
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

/** The layers of confinement that cannot be had here: the demo's own samples run without them, others would not. */
export async function missingLayers(): Promise<LayerReport[]> {
  const { layers } = await probeConfinement();
  const names: readonly string[] = missingLayersOf(layers, []);
  return layers.filter((layer) => names.includes(layer.name));
}

/** What that costs, in the words of the block at the end. */
export function tellMissing(missing: readonly LayerReport[], atStart: readonly LeftOut[]): LeftOut[] {
  const reasons = [...new Set(missing.map(({ reason }) => reason ?? "not available"))];
  return reasons.map((reason) => ({
    missing: reason,
    leftOut: `DEGRADED: the samples run without ${missing
      .filter((layer) => (layer.reason ?? "not available") === reason)
      .map(({ name }) => name)
      .join(", ")}; other programs would not run at all`,
    remedy: atStart[0]?.remedy ?? NAMESPACES,
  }));
}

const NAMESPACES =
  "let users make namespaces (sysctl kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0), or run it outside of a container";
