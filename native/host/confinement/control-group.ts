import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** A control group of one program: a ceiling for memory and processes that holds between two looks of the monitor. */
export type ControlGroup = {
  add(pid: number): void;
  /** Moves the ceiling; false where the kernel refused it (more is in use already). */
  setMemoryCeiling(bytes: number): boolean;
  /** Whether the kernel has killed in this group for want of memory. */
  wasOutOfMemory(): boolean;
  /** False as long as a process is left in it. */
  remove(): boolean;
};

export type ControlGroupsResult =
  | { usable: true; create(name: string, bounds: { memoryBytes: number; processes: number }): ControlGroup }
  | { usable: false; reason: string };

type Layout = {
  /** Makes ready what groups are made in. */
  prepare(): void;
  /** Folders in which groups are made. */
  parents: string[];
  folders(name: string): string[];
  memoryFolder(name: string): string;
  memoryFile: string;
  outOfMemoryFile: string;
  processesFolder(name: string): string;
};

const MOUNT = "/sys/fs/cgroup";
const GROUP_PREFIX = "bulkhead-";

/** Where a host is that has moved out of the group in which it makes others. */
const HOST_GROUP = `${GROUP_PREFIX}host`;

function groupName(name: string): string {
  return `${GROUP_PREFIX}${process.pid}-${name}`;
}

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
    prepare: () => undefined,
    parents: [memoryFolder(""), processesFolder("")],
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
  const parent = basename(own) === HOST_GROUP ? dirname(own) : own;
  const folder = (name: string): string => join(MOUNT, parent, name);
  if (!existsSync(join(MOUNT, "cgroup.controllers"))) return undefined;
  return {
    prepare: () => handDownControllers(folder(""), ["memory", "pids"]),
    parents: [folder("")],
    folders: (name) => [folder(name)],
    memoryFolder: folder,
    processesFolder: folder,
    memoryFile: "memory.max",
    outOfMemoryFile: "memory.events",
  };
}

/**
 * Of the second version: a group hands controllers down only while it holds no process itself. A host that is alone in the
 * group that was delegated to it moves into one below, once; among others it stays, and can make no groups.
 */
export function handDownControllers(folder: string, controllers: readonly string[]): void {
  const wordsOf = (file: string) => readFileSync(join(folder, file), "utf8").trim().split(/\s+/);
  const given = wordsOf("cgroup.subtree_control");
  if (controllers.every((name) => given.includes(name))) return;
  const own = String(process.pid);
  const isAlone = wordsOf("cgroup.procs").every((pid) => pid === own || pid === "");
  if (!isAlone) return;
  const below = join(folder, HOST_GROUP);
  mkdirSync(below, { recursive: true });
  writeFileSync(join(below, "cgroup.procs"), own);
  try {
    writeFileSync(join(folder, "cgroup.subtree_control"), controllers.map((name) => `+${name}`).join(" "));
  } catch (error) {
    writeFileSync(join(folder, "cgroup.procs"), own);
    rmdirSync(below);
    throw error;
  }
}

function createGroup(layout: Layout, name: string, bounds: { memoryBytes: number; processes: number }): ControlGroup {
  const made: string[] = [];
  const remove = (): boolean => {
    for (let folder = made.at(-1); folder !== undefined; folder = made.at(-1)) {
      try {
        rmdirSync(folder);
      } catch (error) {
        if (withCode(error, "EBUSY")) return false;
        throw error;
      }
      made.pop();
    }
    return true;
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

function withCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && "code" in error && codes.includes(String(error.code));
}

/** Ends what a killed host left in a group of its own; a group that is in use can't be removed and stays. */
function clear(folder: string): void {
  try {
    for (const pid of readFileSync(join(folder, "cgroup.procs"), "utf8").split("\n").filter(Boolean)) {
      process.kill(Number(pid), "SIGKILL");
    }
    rmdirSync(folder);
  } catch (error) {
    // another host was quicker, or a process is still ending in it: an empty group costs next to nothing
    if (!withCode(error, "ENOENT", "ENODEV", "EBUSY", "ESRCH", "EPERM", "EACCES")) throw error;
  }
}

/** Groups of hosts that are gone, which had no time to remove them. */
function sweep(layout: Layout): void {
  for (const parent of layout.parents) {
    for (const name of readdirSync(parent)) {
      const host = new RegExp(`^${GROUP_PREFIX}(\\d+)-`).exec(name)?.[1];
      if (host !== undefined && !existsSync(`/proc/${host}`)) clear(join(parent, name));
    }
  }
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
      layout.prepare();
      createGroup(layout, groupName(probeName), { memoryBytes: 64 * 1024 * 1024, processes: 16 }).remove();
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
      reason = `not delegated to this user (${code})`;
      continue;
    }
    sweep(layout);
    return { usable: true, create: (name, bounds) => createGroup(layout, groupName(name), bounds) };
  }
  return { usable: false, reason };
}
