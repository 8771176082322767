import { z } from "zod";
import { CONFINEMENT_LAYERS, type ConfinementLayerName } from "../../core/confinement/layers";
import { boundText } from "../../core/text/plain-text";
import type { LayerReport } from "./confinement-layers";
import { SANDBOX_USERS } from "./sandbox-users";

/** What the probe inside says of what it reached; a code is what the kernel answered. */
export const probeReportShape = z.object({
  environment: z.array(z.string()),
  uid: z.number(),
  /** Descriptors that were handed down to it beside the channel. */
  descriptors: z.array(z.number()),
  /** Its clock that never jumps. */
  monotonicSeconds: z.number(),
  /** Bytes of memory of the machine, as told inside; 0 where nobody tells. */
  memoryOfMachine: z.number(),
  /** Whether the root can be listed. */
  list: z.string(),
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
  /** What lies in the root that the probe sees; undefined where it can't be looked at. */
  root: readonly string[] | undefined;
  /** Kinds of what it holds open beside files, pipes and sockets. */
  anonymous: readonly string[];
  /** The host's own user. */
  ownUid: number;
  /** How long the machine has been up. */
  uptimeSeconds: number;
  controlGroup: { usable: true } | { usable: false; reason: string };
};

/** Entries that the root inside may have: Node, the engine and the folders of the libraries. */
const EXPECTED_ROOT = new Set(["bin", "engine", "lib", "lib64", "lib32", "usr", "nix", "opt", "root", "home", "tmp"]);
/** Folders of the host that must never be seen whole. */
const FORBIDDEN_ROOT = ["proc", "sys", "dev", "etc", "var", "run", "mnt", "boot"];

/** What the filter answers: not permitted, or not implemented. */
const REFUSED = new Set(["EPERM", "ENOSYS"]);
/** What Node opens for itself. */
const OWN_KINDS = new Set(["[eventpoll]", "[eventfd]", "[timerfd]", "[io_uring]"]);
const THREADS_LOOKED_FOR = 1024;
/** A probe's clock began with it. */
const YOUNG_SECONDS = 60;

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
  if (view.root === undefined) return "could not be looked at";
  const seen = view.root.filter((name) => FORBIDDEN_ROOT.includes(name) || !EXPECTED_ROOT.has(name));
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
  if (!REFUSED.has(report.tcp) || !REFUSED.has(report.udp)) return "a socket could be made";
  return report.memoryOfMachine === 0 || "the machine's state can be asked for";
}

function judgeDescriptors(report: ProbeReport, view: OutsideView): Verdict {
  if (report.descriptors.length > 0) return `${report.descriptors.join(", ")} were handed down`;
  const foreign = view.anonymous.filter((kind) => !OWN_KINDS.has(kind));
  return foreign.length === 0 || `${[...new Set(foreign)].join(", ")} were handed down`;
}

function judgeThreads(view: OutsideView): Verdict {
  const most = /^Max processes\s+(\d+)\s+(\d+)\s/m.exec(view.limits);
  const isBounded = Number(most?.[1] ?? Number.NaN) <= THREADS_LOOKED_FOR;
  return isBounded || "not bounded inside: it takes perl, and a user namespace";
}

function judgeTime(report: ProbeReport, view: OutsideView): Verdict {
  const separate = own(view, "time");
  if (separate !== true) return separate;
  const isNew = report.monotonicSeconds < Math.min(YOUNG_SECONDS, view.uptimeSeconds);
  return isNew || "the machine's clock can be read";
}

function judgeOwnUser(view: OutsideView): Verdict {
  const [uid = Number.NaN] = (statusField(view.status, "Uid")?.split(/\s+/) ?? []).map(Number);
  if (uid === view.ownUid)
    return "programs run as the host's own user: others can be had by root alone, with the rights to become and to end them";
  return (uid >= SANDBOX_USERS.first && uid <= SANDBOX_USERS.last) || `runs as ${uid}`;
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
    descriptors: judgeDescriptors(report, view),
    rlimits: judgeLimits(view),
    threads: judgeThreads(view),
    landlock: report.list === "EACCES" || "it takes perl, and a kernel with Landlock",
    time: judgeTime(report, view),
    own_user: judgeOwnUser(view),
    cgroup: view.controlGroup.usable || view.controlGroup.reason,
  };
  return CONFINEMENT_LAYERS.map((name) => {
    const verdict = verdicts[name];
    return verdict === true ? { name, active: true } : { name, active: false, reason: boundText(String(verdict), 256) };
  });
}
