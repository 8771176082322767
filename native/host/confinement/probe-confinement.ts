import { builtFiles } from "../build/built-files";
import type { EngineNeeds } from "../engines/engine";
import { KNOWN_ENGINES } from "../engines/known-engines";
import { nodeCommand } from "../engines/node-command";
import { CONFINEMENT_LAYERS, type LayerReport } from "./confinement-layers";
import { type ConfinementTools, findConfinementTools } from "./confinement-tools";
import { type ControlGroupsResult, openControlGroups } from "./control-group";
import { judgeProbe, probeReportShape } from "./judge-probe";
import { type ConfinedProcess, launchConfined } from "./launch-confined";
import { systemProc } from "./process-tree";

const NAMESPACES = ["user", "mnt", "pid", "net", "ipc", "uts"];
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

function lookFromOutside(pid: number): { status: string; limits: string; namespaces: Record<string, NamespacePair> } {
  const namespaces: Record<string, NamespacePair> = {};
  for (const kind of NAMESPACES) {
    namespaces[kind] = {
      inside: systemProc.link(`/proc/${pid}/ns/${kind}`),
      own: systemProc.link(`/proc/self/ns/${kind}`),
    };
  }
  return {
    namespaces,
    status: systemProc.read(`/proc/${pid}/status`) ?? "",
    limits: systemProc.read(`/proc/${pid}/limits`) ?? "",
  };
}
type NamespacePair = { inside: string | undefined; own: string | undefined };

/** The probe stands in the engine's place: what is left to it is what is left to the neediest engine of this host. */
const needs: EngineNeeds = {
  threadsMax: Math.max(...KNOWN_ENGINES.map((engine) => engine.needs.threadsMax)),
  descriptorsMax: Math.max(...KNOWN_ENGINES.map((engine) => engine.needs.descriptorsMax)),
  stackBytesMax: Math.max(...KNOWN_ENGINES.map((engine) => engine.needs.stackBytesMax)),
};

/** Runs the probe in one mode; a string is the reason why there was nothing to judge. */
async function probeIn(
  mode: "bubblewrap" | "bare",
  tools: ConfinementTools,
  groups: ControlGroupsResult,
): Promise<LayerReport[] | string> {
  const files = await builtFiles({ scripts: { [PROBE]: "confinement/probe-child.ts" }, watched: ["confinement"] });
  const launched = await launchConfined({ tools, mode, needs, command: nodeCommand(files, PROBE) });
  if (!launched.ok) return launched.reason;
  const child = launched.process;
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

async function probe(tools: ConfinementTools): Promise<Confinement> {
  const groups = openControlGroups("probe");
  const confined = await probeIn("bubblewrap", tools, groups);
  if (typeof confined !== "string") return { layers: confined, mode: "bubblewrap", tools, groups };
  const bare = await probeIn("bare", tools, groups);
  const reason = confined.slice(0, 256);
  const layers =
    typeof bare === "string"
      ? CONFINEMENT_LAYERS.map((name) => ({ name, active: false, reason }))
      : bare.map((layer) => (layer.active ? layer : { ...layer, reason }));
  return { layers, mode: "bare", tools, groups };
}

let found: Promise<Confinement> | undefined;

/** Tries this machine's confinement once a process, from inside and from outside. Never throws for a missing layer. */
export function probeConfinement(): Promise<Confinement> {
  found ??= probe(findConfinementTools());
  return found;
}
