import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A control group of one program: a ceiling for memory and processes that holds between two looks of the monitor. */
export type ControlGroup = {
  add(pid: number): void;
  /** Moves the ceiling; false where the kernel refused it (more is in use already). */
  setMemoryCeiling(bytes: number): boolean;
  /** Whether the kernel has killed in this group for want of memory. */
  wasOutOfMemory(): boolean;
  /** Once no process is left in it. */
  remove(): void;
};

export type ControlGroupsResult =
  | { usable: true; create(name: string, bounds: { memoryBytes: number; processes: number }): ControlGroup }
  | { usable: false; reason: string };

type Layout = {
  folders(name: string): string[];
  memoryFolder(name: string): string;
  memoryFile: string;
  outOfMemoryFile: string;
  processesFolder(name: string): string;
};

const MOUNT = "/sys/fs/cgroup";
const GROUP_PREFIX = "bulkhead-";

function ownGroups(): Map<string, string> {
  const groups = new Map<string, string>();
  for (const line of readFileSync("/proc/self/cgroup", "utf8").trim().split("\n")) {
    const [, controllers = "", path = "/"] = line.split(":");
    for (const controller of controllers.split(",")) groups.set(controller, path);
  }
  return groups;
}

function firstVersion(groups: Map<string, string>): Layout | undefined {
  const memory = groups.get("memory");
  const pids = groups.get("pids");
  if (memory === undefined || pids === undefined) return undefined;
  const memoryFolder = (name: string): string => join(MOUNT, "memory", memory, name);
  const processesFolder = (name: string): string => join(MOUNT, "pids", pids, name);
  return {
    folders: (name) => [memoryFolder(name), processesFolder(name)],
    memoryFolder,
    processesFolder,
    memoryFile: "memory.limit_in_bytes",
    outOfMemoryFile: "memory.oom_control",
  };
}

function secondVersion(groups: Map<string, string>): Layout | undefined {
  const own = groups.get("");
  if (own === undefined) return undefined;
  const folder = (name: string): string => join(MOUNT, own, name);
  if (!existsSync(join(MOUNT, "cgroup.controllers"))) return undefined;
  return {
    folders: (name) => [folder(name)],
    memoryFolder: folder,
    processesFolder: folder,
    memoryFile: "memory.max",
    outOfMemoryFile: "memory.events",
  };
}

function createGroup(layout: Layout, name: string, bounds: { memoryBytes: number; processes: number }): ControlGroup {
  const made: string[] = [];
  const remove = (): void => {
    for (const folder of made.splice(0)) rmdirSync(folder);
  };
  const setMemoryCeiling = (bytes: number): boolean => {
    try {
      writeFileSync(join(layout.memoryFolder(name), layout.memoryFile), String(bytes));
      return true;
    } catch (error) {
      if (error instanceof Error && "code" in error && (error.code === "EBUSY" || error.code === "EINVAL"))
        return false;
      throw error;
    }
  };
  try {
    for (const folder of layout.folders(name)) {
      mkdirSync(folder);
      made.push(folder);
    }
    writeFileSync(join(layout.processesFolder(name), "pids.max"), String(bounds.processes));
    if (!setMemoryCeiling(bounds.memoryBytes)) throw new Error("the memory ceiling was refused");
  } catch (error) {
    remove();
    throw error;
  }
  return {
    add: (pid) => {
      for (const folder of layout.folders(name)) writeFileSync(join(folder, "cgroup.procs"), String(pid));
    },
    setMemoryCeiling,
    wasOutOfMemory: () => {
      const text = readFileSync(join(layout.memoryFolder(name), layout.outOfMemoryFile), "utf8");
      return /^oom_kill [1-9]/m.test(text);
    },
    remove,
  };
}

/**
 * Control groups below the host's own, of the first version or of a delegated second one. Tried by making one: a host
 * that may not, or whose parent hands down no memory controller, answers why.
 */
export function openControlGroups(probeName: string): ControlGroupsResult {
  let reason = "this system has no control groups with memory and pids";
  let groups: Map<string, string>;
  try {
    groups = ownGroups();
  } catch {
    return { usable: false, reason };
  }
  for (const layout of [secondVersion(groups), firstVersion(groups)]) {
    if (layout === undefined) continue;
    try {
      createGroup(layout, `${GROUP_PREFIX}${probeName}`, { memoryBytes: 64 * 1024 * 1024, processes: 16 }).remove();
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
      reason = `not delegated to this user (${code})`;
      continue;
    }
    return { usable: true, create: (name, bounds) => createGroup(layout, `${GROUP_PREFIX}${name}`, bounds) };
  }
  return { usable: false, reason };
}
