import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { nodeCommand } from "../engines/node-command";
import { scriptEngine } from "../engines/script/script-engine";
import { missingLayers, REQUIRED_LAYERS } from "./confinement-layers";
import { judgeProbe, type OutsideView, type ProbeReport } from "./judge-probe";
import { launchConfined } from "./launch-confined";
import { requireConfinement } from "./require-confinement";

const { available, confinement } = await requireConfinement("probe of the confinement");

const CONFINED: ProbeReport = {
  environment: [],
  uid: 60999,
  root: ["bin", "engine", "lib", "lib64"],
  write: "EROFS",
  spawn: "EPERM",
  tcp: "EPERM",
  udp: "EPERM",
};
const namespaces = (shared: string[]): OutsideView["namespaces"] =>
  Object.fromEntries(
    ["user", "mnt", "pid", "net", "ipc"].map((kind) => [kind, { own: "1", inside: shared.includes(kind) ? "1" : "2" }]),
  );
const OUTSIDE: OutsideView = {
  status:
    "Uid:\t60999\t60999\t60999\t60999\nCapInh:\t00\nCapPrm:\t00\nCapEff:\t00\nCapBnd:\t00\nCapAmb:\t00\nNoNewPrivs:\t1\nSeccomp:\t2\n",
  limits:
    "Max core file size        0                    0                    bytes\nMax file size             0   0   bytes\n",
  namespaces: namespaces([]),
  controlGroup: { usable: true },
};
const inactive = (report: Partial<ProbeReport>, view: Partial<OutsideView>): string[] =>
  judgeProbe({ ...CONFINED, ...report }, { ...OUTSIDE, ...view })
    .filter((layer) => !layer.active)
    .map((layer) => layer.name);

describe("a layer counts only where it was seen to hold", () => {
  it("finds nothing missing where everything holds", () => {
    expect(inactive({}, {})).toEqual([]);
  });
  it.each([
    ["mount", { root: ["bin", "etc"] }, {}],
    ["mount", { write: "reached" }, {}],
    ["environment", { environment: ["HOME"] }, {}],
    ["seccomp", { spawn: "reached" }, {}],
    ["seccomp", { udp: "ENETUNREACH" }, {}],
    ["uid", { uid: 0 }, {}],
    ["uid", {}, { status: OUTSIDE.status.replace("60999", "0") }],
    ["capabilities", {}, { status: OUTSIDE.status.replace("CapBnd:\t00", "CapBnd:\t0f") }],
    ["no_new_privs", {}, { status: OUTSIDE.status.replace("NoNewPrivs:\t1", "NoNewPrivs:\t0") }],
    ["seccomp", {}, { status: OUTSIDE.status.replace("Seccomp:\t2", "Seccomp:\t0") }],
    ["userns", {}, { namespaces: namespaces(["user"]) }],
    ["mount", {}, { namespaces: namespaces(["mnt"]) }],
    ["pid", {}, { namespaces: namespaces(["pid"]) }],
    ["netns", {}, { namespaces: namespaces(["net"]) }],
    ["ipc", {}, { namespaces: namespaces(["ipc"]) }],
    ["rlimits", {}, { limits: "" }],
    ["cgroup", {}, { controlGroup: { usable: false as const, reason: "EACCES" } }],
  ] satisfies [string, Partial<ProbeReport>, Partial<OutsideView>][])("reports %s missing", (name, report, view) => {
    expect(inactive(report, view)).toEqual([name]);
  });

  it("asks for every layer but the control group, unless it was named", () => {
    expect(missingLayers([], [])).toEqual(REQUIRED_LAYERS);
    expect(REQUIRED_LAYERS).not.toContain("cgroup");
    expect(missingLayers([{ name: "seccomp", active: false }], REQUIRED_LAYERS)).toEqual([]);
  });
});

describe.runIf(available)("on this machine", () => {
  it("confines by bubblewrap with every required layer active", () => {
    expect(confinement.mode).toBe("bubblewrap");
    expect(missingLayers(confinement.layers, [])).toEqual([]);
  });

  it("leaves nothing of the host's environment to read, not even in bubblewrap's own process", async () => {
    process.env.BULKHEAD_CANARY = "secret-canary";
    const launched = await launchConfined({
      tools: confinement.tools,
      mode: "bubblewrap",
      needs: scriptEngine.needs,
      command: nodeCommand({ "none.mjs": new URL(import.meta.url).pathname }, "none.mjs"),
    });
    delete process.env.BULKHEAD_CANARY;
    if (!launched.ok) throw new Error(launched.reason);
    try {
      for (const pid of launched.process.processes()) {
        expect(readFileSync(`/proc/${pid}/environ`, "utf8")).not.toContain("canary");
      }
    } finally {
      launched.process.kill();
      await launched.process.exited;
    }
  });

  it("starts again and again: the filter is opened anew for each", async () => {
    for (let round = 0; round < 3; round += 1) {
      const launched = await launchConfined({
        tools: confinement.tools,
        mode: "bubblewrap",
        needs: scriptEngine.needs,
        command: nodeCommand({ "none.mjs": new URL(import.meta.url).pathname }, "none.mjs"),
      });
      if (!launched.ok) throw new Error(launched.reason);
      launched.process.kill();
      await launched.process.exited;
      expect(launched.process.processes()).toEqual([]);
    }
  });
});
