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
  uid: 60700,
  descriptors: [],
  monotonicSeconds: 1,
  memoryOfMachine: 0,
  list: "EACCES",
  write: "EROFS",
  spawn: "EPERM",
  tcp: "EPERM",
  udp: "EPERM",
};
const namespaces = (shared: string[]): OutsideView["namespaces"] =>
  Object.fromEntries(
    ["user", "mnt", "pid", "net", "ipc", "time"].map((kind) => [
      kind,
      { own: "1", inside: shared.includes(kind) ? "1" : "2" },
    ]),
  );
const OUTSIDE: OutsideView = {
  status:
    "Uid:\t60700\t60700\t60700\t60700\nCapInh:\t00\nCapPrm:\t00\nCapEff:\t00\nCapBnd:\t00\nCapAmb:\t00\nNoNewPrivs:\t1\nSeccomp:\t2\n",
  root: ["bin", "engine", "lib", "lib64"],
  anonymous: ["[eventpoll]", "[eventfd]"],
  ownUid: 0,
  uptimeSeconds: 5000,
  limits:
    "Max core file size        0                    0                    bytes\nMax file size             0   0   bytes\nMax processes   32   32   processes\n",
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
    ["mount", {}, { root: ["bin", "etc"] }],
    ["mount", {}, { root: undefined }],
    ["descriptors", { descriptors: [30] }, {}],
    ["descriptors", {}, { anonymous: ["[bpf-map]"] }],
    ["threads", {}, { limits: OUTSIDE.limits.replace("processes   32", "processes   unlimited") }],
    ["landlock", { list: "reached" }, {}],
    ["time", {}, { namespaces: namespaces(["time"]) }],
    ["time", { monotonicSeconds: 5000 }, {}],
    ["own_user", {}, { status: OUTSIDE.status.replaceAll("60700", "1000") }],
    ["own_user", {}, { ownUid: 60700 }],
    ["seccomp", { memoryOfMachine: 1 }, {}],
    ["mount", { write: "reached" }, {}],
    ["environment", { environment: ["HOME"] }, {}],
    ["seccomp", { spawn: "reached" }, {}],
    ["seccomp", { udp: "ENETUNREACH" }, {}],
    ["uid", { uid: 0 }, {}],
    ["uid", {}, { status: OUTSIDE.status.replace("60700\t60700", "60700\t0") }],
    ["capabilities", {}, { status: OUTSIDE.status.replace("CapBnd:\t00", "CapBnd:\t0f") }],
    ["no_new_privs", {}, { status: OUTSIDE.status.replace("NoNewPrivs:\t1", "NoNewPrivs:\t0") }],
    ["seccomp", {}, { status: OUTSIDE.status.replace("Seccomp:\t2", "Seccomp:\t0") }],
    ["userns", {}, { namespaces: namespaces(["user"]) }],
    ["mount", {}, { namespaces: namespaces(["mnt"]) }],
    ["pid", {}, { namespaces: namespaces(["pid"]) }],
    ["netns", {}, { namespaces: namespaces(["net"]) }],
    ["ipc", {}, { namespaces: namespaces(["ipc"]) }],
    ["rlimits", {}, { limits: OUTSIDE.limits.replace("Max core", "Min core") }],
    ["cgroup", {}, { controlGroup: { usable: false as const, reason: "EACCES" } }],
  ] satisfies [string, Partial<ProbeReport>, Partial<OutsideView>][])("reports %s missing", (name, report, view) => {
    expect(inactive(report, view)).toEqual([name]);
  });

  it("asks for every layer that each machine can give, unless it was named", () => {
    expect(missingLayers([], [])).toEqual(REQUIRED_LAYERS);
    expect(REQUIRED_LAYERS).toContain("descriptors");
    for (const name of ["cgroup", "landlock", "threads", "time", "own_user"])
      expect(REQUIRED_LAYERS).not.toContain(name);
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

  it("runs nothing where the first program inside can't take away what it should", async () => {
    const launched = await launchConfined({
      tools: confinement.tools,
      mode: "bubblewrap",
      // more descriptors than anybody may have
      needs: { ...scriptEngine.needs, descriptorsMax: 2 ** 40 },
      command: nodeCommand({ "none.mjs": new URL(import.meta.url).pathname }, "none.mjs"),
    });
    if (!launched.ok) throw new Error(launched.reason);
    expect((await launched.process.exited).code).toBe(111);
    expect(launched.process.diagnostics()).toContain("confine: limit 7");
  });

  it.runIf(process.getuid?.() === 0)("gives two programs two users, and neither of them the host's", async () => {
    const command = await scriptEngine.command();
    const launch = () =>
      launchConfined({ tools: confinement.tools, mode: "bubblewrap", needs: scriptEngine.needs, command });
    const both = await Promise.all([launch(), launch()]);
    const users = both.map((one) => {
      if (!one.ok) throw new Error(one.reason);
      return /^Uid:\t(\d+)/m.exec(readFileSync(`/proc/${one.process.insidePid}/status`, "utf8"))?.[1];
    });
    expect(new Set([...users, "0"]).size).toBe(3);
    for (const one of both) if (one.ok) one.process.kill();
  });
});
