import type { ConfinementLayerName, LayerCause } from "../../core/confinement/layers";
import { type LayerReport, REQUIRED_LAYERS } from "./confinement-layers";
import type { MachineFacts } from "./machine-facts";

/** One layer as it is on this machine. `reason` is what the tools themselves said, `cause` what it comes down to. */
export type Diagnosis = {
  name: ConfinementLayerName;
  active: boolean;
  /** Without it no program starts, unless it is named as one that may be missing. */
  required: boolean;
  reason: string | null;
  cause: LayerCause | null;
};

type Finder = (facts: MachineFacts) => LayerCause;

const isBefore = ([major, minor]: MachineFacts["kernel"], since: readonly [number, number]): boolean =>
  major < since[0] || (major === since[0] && minor < since[1]);

/** Why there are no namespaces of one's own. */
const namespaces: Finder = (facts) => {
  if (facts.wsl === 1) return "wsl1";
  if (!facts.has.bubblewrap) return "no_bubblewrap";
  if (facts.areNamespacesOff) return "userns_off";
  if (facts.appArmorRestricts) return "apparmor";
  return facts.isContainer ? "container" : "unknown";
};

const inside: Finder = (facts) => (facts.has.perl ? namespaces(facts) : "no_perl");

const filter: Finder = (facts) => (facts.isFilterMachine ? namespaces(facts) : "other_machine");

const landlock: Finder = (facts) => {
  if (!facts.has.perl) return "no_perl";
  const isMissing = facts.hasLandlock === false || isBefore(facts.kernel, [5, 13]);
  return isMissing ? "no_landlock" : namespaces(facts);
};

const time: Finder = (facts) => {
  if (!facts.has.unshare) return "no_util_linux";
  return isBefore(facts.kernel, [5, 6]) ? "old_kernel" : namespaces(facts);
};

const user: Finder = (facts) => {
  if (!facts.isRoot) return "not_root";
  return facts.hasUserIds ? "unknown" : "one_id";
};

const limits: Finder = (facts) => (facts.has.perl || facts.has.prlimit ? "unknown" : "no_util_linux");

const controlGroup: Finder = (facts) =>
  facts.wsl !== undefined && !facts.hasSystemd ? "wsl_systemd" : "not_delegated";

/** What each layer hangs on. */
const FINDERS: Readonly<Record<ConfinementLayerName, Finder>> = {
  userns: namespaces,
  mount: namespaces,
  pid: namespaces,
  netns: namespaces,
  ipc: namespaces,
  uid: user,
  capabilities: namespaces,
  no_new_privs: inside,
  seccomp: filter,
  environment: namespaces,
  descriptors: inside,
  rlimits: limits,
  threads: inside,
  landlock,
  time,
  own_user: user,
  cgroup: controlGroup,
};

/** Each layer that the probe looked at, and why it is missing where it is. */
export function diagnose(layers: readonly LayerReport[], facts: MachineFacts): Diagnosis[] {
  return layers.map(({ name, active, reason }) => ({
    name,
    active,
    required: REQUIRED_LAYERS.includes(name),
    reason: active ? null : (reason ?? null),
    cause: active ? null : FINDERS[name](facts),
  }));
}
