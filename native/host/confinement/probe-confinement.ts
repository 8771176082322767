import { readdirSync } from "node:fs";
import { uptime } from "node:os";
import { CONFINEMENT_LAYERS } from "../../core/confinement/layers";
import { boundText } from "../../core/text/plain-text";
import { builtFiles } from "../build/built-files";
import type { EngineCommand, EngineNeeds } from "../engines/engine";
import { KNOWN_ENGINES } from "../engines/known-engines";
import { NODE_FILES, nodeCommand } from "../engines/node-command";
import type { LayerReport } from "./confinement-layers";
import { type ConfinementTools, findConfinementTools } from "./confinement-tools";
import { type ControlGroupsResult, openControlGroups } from "./control-group";
import { judgeProbe, type OutsideView, probeReportShape } from "./judge-probe";
import { type ConfinedProcess, launchConfined } from "./launch-confined";
import { systemProc } from "./process-tree";

const NAMESPACES = ["user", "mnt", "pid", "net", "ipc", "uts", "time"];
const REASON_MAX = 256;
/** Layers that bubblewrap alone gives. */
const BY_BUBBLEWRAP = ["userns", "mount", "pid", "netns", "ipc", "capabilities", "no_new_privs", "seccomp", "time"];
const PROBE = "engine-probe.mjs";
const PROBE_MS_MAX = 10_000;

/** How programs are confined on this machine, as one probe found it. */
export type Confinement = {
  layers: readonly LayerReport[];
  mode: "bubblewrap" | "bare";
  tools: ConfinementTools;
  groups: ControlGroupsResult;
};

async function firstLine(child: ConfinedProcess): Promise<string> {
  let text = "";
  const timer = setTimeout(() => child.kill(), PROBE_MS_MAX);
  try {
    for await (const part of child.channel.iterator({ destroyOnReturn: false })) {
      text += String(part);
      if (text.includes("\n")) return text.slice(0, text.indexOf("\n"));
      if (text.length > 64 * 1024) break;
    }
    throw new Error(`the probe ended without an answer: ${child.diagnostics().slice(0, 160).trim()}`);
  } finally {
    clearTimeout(timer);
  }
}

function entriesOf(folder: string): string[] | undefined {
  try {
    return readdirSync(folder);
  } catch {
    // a host without the right to look at its own program's process; the layers that need it are then missing
    return undefined;
  }
}

function lookFromOutside(pid: number): Omit<OutsideView, "controlGroup"> {
  const namespaces: Record<string, NamespacePair> = {};
  for (const kind of NAMESPACES) {
    namespaces[kind] = {
      inside: systemProc.link(`/proc/${pid}/ns/${kind}`),
      own: systemProc.link(`/proc/self/ns/${kind}`),
    };
  }
  const open = (entriesOf(`/proc/${pid}/fd`) ?? []).map((name) => systemProc.link(`/proc/${pid}/fd/${name}`) ?? "");
  return {
    namespaces,
    root: entriesOf(`/proc/${pid}/root`),
    anonymous: open.flatMap((link) => /^anon_inode:(.*)$/.exec(link)?.[1] ?? []),
    ownUid: process.getuid?.() ?? -1,
    uptimeSeconds: uptime(),
    status: systemProc.read(`/proc/${pid}/status`) ?? "",
    limits: systemProc.read(`/proc/${pid}/limits`) ?? "",
  };
}
type NamespacePair = { inside: string | undefined; own: string | undefined };

/** The probe stands in the engine's place: what is left to it is what is left to the neediest engine of this host. */
export const PROBE_NEEDS: EngineNeeds = {
  threadsMax: Math.max(...KNOWN_ENGINES.map((engine) => engine.needs.threadsMax)),
  descriptorsMax: Math.max(...KNOWN_ENGINES.map((engine) => engine.needs.descriptorsMax)),
  stackBytesMax: Math.max(...KNOWN_ENGINES.map((engine) => engine.needs.stackBytesMax)),
  systemCalls: KNOWN_ENGINES.flatMap((engine) => engine.needs.systemCalls),
};

/** The probe's files as they were built, by name. */
export const probeFiles = () =>
  builtFiles({
    scripts: { [PROBE]: "confinement/probe-child.ts" },
    copies: NODE_FILES,
    watched: ["confinement"],
  });

/** The probe's own process. */
export const probeCommand = async (): Promise<EngineCommand> => nodeCommand(await probeFiles(), PROBE);

/** What holds around a process of the probe, by its own word and from outside, and ends it; a string says why that is not known. */
export async function judgeProcess(
  child: ConfinedProcess,
  groups: ControlGroupsResult,
): Promise<LayerReport[] | string> {
  try {
    const answer = probeReportShape.safeParse(JSON.parse(await firstLine(child)));
    if (!answer.success) return "the probe's answer could not be read";
    const pid = child.processes().at(-1);
    if (pid === undefined) return "the probe ended too early";
    const controlGroup = groups.usable ? { usable: true as const } : groups;
    return judgeProbe(answer.data, { ...lookFromOutside(pid), controlGroup });
  } catch (error) {
    return error instanceof Error ? error.message : "unknown";
  } finally {
    child.kill();
    await child.exited;
    child.channel.destroy();
  }
}

/** Runs the probe in one mode; a string is the reason why there was nothing to judge. */
async function probeIn(
  mode: "bubblewrap" | "bare",
  tools: ConfinementTools,
  groups: ControlGroupsResult,
): Promise<LayerReport[] | string> {
  const launched = await launchConfined({ tools, mode, needs: PROBE_NEEDS, command: await probeCommand() });
  return launched.ok ? judgeProcess(launched.process, groups) : launched.reason;
}

/** What this machine may refuse although it is installed, and what is tried without it: the least loss first. */
const WITHOUT: readonly (readonly ("unshare" | "perl")[])[] = [[], ["unshare"], ["perl"], ["unshare", "perl"]];

function without(tools: ConfinementTools, names: readonly ("unshare" | "perl")[]): ConfinementTools {
  const { unshare, perl, ...rest } = tools;
  return {
    ...rest,
    ...(unshare === undefined || names.includes("unshare") ? {} : { unshare }),
    ...(perl === undefined || names.includes("perl") ? {} : { perl }),
  };
}

/** A way to confine in which the probe stood, and what it found there. */
type Stood = { layers: LayerReport[]; tools: ConfinementTools; reasons: string[] };

async function firstThatStands(
  mode: "bubblewrap" | "bare",
  tools: ConfinementTools,
  groups: ControlGroupsResult,
): Promise<Stood | { reasons: string[] }> {
  const reasons: string[] = [];
  if (mode === "bubblewrap" && tools.bubblewrap === undefined) return { reasons: ["bubblewrap is not installed"] };
  for (const names of WITHOUT) {
    if (names.some((name) => tools[name] === undefined)) continue;
    const tried = without(tools, names);
    const layers = await probeIn(mode, tried, groups);
    if (typeof layers !== "string") return { layers, tools: tried, reasons };
    reasons.push(layers);
  }
  return { reasons };
}

/** Where a layer is missing since what gives it was refused, the refusal in its own words is the reason. */
function withReason(layers: readonly LayerReport[], names: readonly string[], reason: string | undefined) {
  if (reason === undefined) return [...layers];
  return layers.map((layer) =>
    layer.active || !names.includes(layer.name) ? layer : { ...layer, reason: boundText(reason, REASON_MAX) },
  );
}

async function probe(tools: ConfinementTools): Promise<Confinement> {
  const groups = openControlGroups("probe");
  const confined = await firstThatStands("bubblewrap", tools, groups);
  if ("layers" in confined) {
    const lost = confined.tools.perl === tools.perl ? ["time"] : ["threads", "landlock", "time"];
    const layers = withReason(confined.layers, lost, confined.reasons[0]);
    return { layers, mode: "bubblewrap", tools: confined.tools, groups };
  }
  const [reason = "bubblewrap could not be tried"] = confined.reasons;
  const bare = await firstThatStands("bare", without(tools, ["unshare"]), groups);
  const layers =
    "layers" in bare
      ? withReason(bare.layers, BY_BUBBLEWRAP, reason)
      : CONFINEMENT_LAYERS.map((name) => ({ name, active: false, reason: boundText(reason, REASON_MAX) }));
  return { layers, mode: "bare", tools: "layers" in bare ? bare.tools : tools, groups };
}

let found: Promise<Confinement> | undefined;

/** Tries this machine's confinement once a process, from inside and from outside. Never throws for a missing layer. */
export function probeConfinement(): Promise<Confinement> {
  found ??= probe(findConfinementTools());
  return found;
}
