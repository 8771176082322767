import { existsSync } from "node:fs";
import { release } from "node:os";
import { findConfinementTools } from "./confinement-tools";
import { systemProc } from "./process-tree";
import { SANDBOX_USERS } from "./sandbox-users";
import { isFilterMachine } from "./seccomp-filter";

/** What of a machine bears on which layers it can give. */
export type MachineFacts = {
  isRoot: boolean;
  /** Whether the user namespace around the host has the ids that sandboxes are given. */
  hasUserIds: boolean;
  has: { bubblewrap: boolean; perl: boolean; unshare: boolean; prlimit: boolean };
  /** Whether a filter is written for its processor. */
  isFilterMachine: boolean;
  /** Of the kernel, as `[major, minor]`. */
  kernel: readonly [number, number];
  /** Whether Landlock is among the active security modules; undefined where that can't be read. */
  hasLandlock: boolean | undefined;
  isContainer: boolean;
  /** Of the Windows Subsystem for Linux; undefined where it is none. */
  wsl: 1 | 2 | undefined;
  hasSystemd: boolean;
  /** Whether AppArmor refuses user namespaces to programs without a profile. */
  appArmorRestricts: boolean;
  /** Whether the kernel gives this user no user namespaces. */
  areNamespacesOff: boolean;
};

const readNumber = (path: string): number | undefined => {
  const text = systemProc.read(path)?.trim();
  return text === undefined || text === "" ? undefined : Number(text);
};

function wslOf(version: string): MachineFacts["wsl"] {
  if (!/microsoft/i.test(version)) return undefined;
  // its first version was no kernel, and called itself 4.4.0-…-Microsoft
  return /-Microsoft/.test(version) ? 1 : 2;
}

function hasIds(uidMap: string): boolean {
  return uidMap.split("\n").some((line) => {
    const [first = Number.NaN, , count = 0] = line.trim().split(/\s+/).map(Number);
    return SANDBOX_USERS.first >= first && SANDBOX_USERS.last < first + count;
  });
}

/** Looks at the machine that this process runs on. */
export function readMachineFacts(): MachineFacts {
  const { bubblewrap, perl, unshare, prlimit } = findConfinementTools();
  const [major = 0, minor = 0] = release().split(".").map(Number);
  const modules = systemProc.read("/sys/kernel/security/lsm");
  return {
    isRoot: process.getuid?.() === 0,
    hasUserIds: hasIds(systemProc.read("/proc/self/uid_map") ?? ""),
    has: {
      bubblewrap: bubblewrap !== undefined,
      perl: perl !== undefined,
      unshare: unshare !== undefined,
      prlimit: prlimit !== undefined,
    },
    isFilterMachine: isFilterMachine(process.arch),
    kernel: [major, minor],
    hasLandlock: modules?.split(",").some((name) => name.trim() === "landlock"),
    isContainer:
      existsSync("/.dockerenv") ||
      existsSync("/run/.containerenv") ||
      (systemProc.read("/proc/1/environ") ?? "").split("\0").some((entry) => entry.startsWith("container=")),
    wsl: wslOf(systemProc.read("/proc/version") ?? ""),
    hasSystemd: existsSync("/run/systemd/system"),
    appArmorRestricts: readNumber("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") === 1,
    areNamespacesOff:
      readNumber("/proc/sys/user/max_user_namespaces") === 0 ||
      (process.getuid?.() !== 0 && readNumber("/proc/sys/kernel/unprivileged_userns_clone") === 0),
  };
}
