import { z } from "zod";
import { CONFINEMENT_LAYERS, type ConfinementLayerName, type LayerReport } from "./confinement-layers";

/** What the probe inside says of what it reached; a code is what the kernel answered. */
export const probeReportShape = z.object({
  environment: z.array(z.string()),
  uid: z.number(),
  root: z.array(z.string()),
  write: z.string(),
  spawn: z.string(),
  tcp: z.string(),
  udp: z.string(),
});
export type ProbeReport = z.infer<typeof probeReportShape>;

/** What the host sees of the probe's process from outside. */
export type OutsideView = {
  /** `/proc/PID/status` of the probe. */
  status: string;
  /** Namespace links of the probe and of the host itself, by kind. */
  namespaces: Record<string, { inside: string | undefined; own: string | undefined }>;
  /** Soft limits of `/proc/PID/limits`, by the kernel's name. */
  limits: string;
  controlGroup: { usable: true } | { usable: false; reason: string };
};

/** Entries that the root inside may have: Node, the engine and the folders of the libraries. */
const EXPECTED_ROOT = new Set(["bin", "engine", "lib", "lib64", "lib32", "usr", "nix", "opt", "root", "home", "tmp"]);
/** Folders of the host that must never be seen whole. */
const FORBIDDEN_ROOT = ["proc", "sys", "dev", "etc", "var", "run", "mnt", "boot"];

type Verdict = true | string;

function statusField(status: string, name: string): string | undefined {
  return new RegExp(`^${name}:\\s*(.*)$`, "m").exec(status)?.[1]?.trim();
}

function own(view: OutsideView, kind: string): Verdict {
  const names = view.namespaces[kind];
  if (names?.inside === undefined) return "could not be looked at";
  return names.inside !== names.own || "shared with the host";
}

function judgeMounts(report: ProbeReport, view: OutsideView): Verdict {
  const separate = own(view, "mnt");
  if (separate !== true) return separate;
  const seen = report.root.filter((name) => FORBIDDEN_ROOT.includes(name) || !EXPECTED_ROOT.has(name));
  if (seen.length > 0) return `the host's ${seen.join(", ")} can be seen`;
  return report.write !== "reached" || "files can be written";
}

function judgeUser(report: ProbeReport, view: OutsideView): Verdict {
  const outside = statusField(view.status, "Uid")?.split(/\s+/) ?? [];
  if (outside.length !== 4 || outside.includes("0")) return "runs as root";
  return report.uid !== 0 || "is root inside";
}

function judgeCapabilities(view: OutsideView): Verdict {
  for (const name of ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"]) {
    if (!/^0+$/.test(statusField(view.status, name) ?? "")) return `${name} is not empty`;
  }
  return true;
}

function judgeFilter(report: ProbeReport, view: OutsideView): Verdict {
  if (statusField(view.status, "Seccomp") !== "2") return "no filter is loaded";
  if (report.spawn === "reached") return "a process could be started";
  return (report.tcp === "EPERM" && report.udp === "EPERM") || "a socket could be made";
}

function judgeNetwork(report: ProbeReport, view: OutsideView): Verdict {
  if (report.tcp === "reached" || report.udp === "reached") return "loopback was reached";
  return own(view, "net");
}

function judgeLimits(view: OutsideView): Verdict {
  const zero = (name: string): boolean => new RegExp(`^${name}\\s+0\\s+0\\s`, "m").test(view.limits);
  return (zero("Max core file size") && zero("Max file size")) || "prlimit is not installed";
}

/** Turns what was seen from both sides into one answer a layer. Nothing is taken for active that was not seen to hold. */
export function judgeProbe(report: ProbeReport, view: OutsideView): LayerReport[] {
  const verdicts: Record<ConfinementLayerName, Verdict> = {
    userns: own(view, "user"),
    mount: judgeMounts(report, view),
    pid: own(view, "pid"),
    netns: judgeNetwork(report, view),
    ipc: own(view, "ipc"),
    uid: judgeUser(report, view),
    capabilities: judgeCapabilities(view),
    no_new_privs: statusField(view.status, "NoNewPrivs") === "1" || "not set",
    seccomp: judgeFilter(report, view),
    environment: report.environment.length === 0 || "variables of the host can be read",
    rlimits: judgeLimits(view),
    cgroup: view.controlGroup.usable || view.controlGroup.reason,
  };
  return CONFINEMENT_LAYERS.map((name) => {
    const verdict = verdicts[name];
    return verdict === true ? { name, active: true } : { name, active: false, reason: String(verdict).slice(0, 256) };
  });
}
