import { execFileSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { NO_ENVIRONMENT } from "./no-environment";

/** What this machine offers to confine with; absent members are tools that were not found. */
export type ConfinementTools = {
  /** Absolute path of bubblewrap. */
  bubblewrap?: string;
  /** Whether it takes files by descriptor, so that they need not be reachable for the user it runs as. */
  bindsDescriptors: boolean;
  /** Absolute path of util-linux' `prlimit`. */
  prlimit?: string;
  /** Absolute path of util-linux' `setpriv`. */
  setpriv?: string;
  /** Absolute path of util-linux' `unshare`, which gives the sandbox clocks of its own. */
  unshare?: string;
  /** Absolute path of perl, which runs the first program inside. */
  perl?: string;
  /** A filter in place of the one that an engine's needs make: for recording what it needs. */
  filter?: Uint8Array;
};

const TOOL_FOLDERS = ["/usr/bin", "/bin", "/usr/local/bin"];

function findTool(name: string): string | undefined {
  for (const folder of TOOL_FOLDERS) {
    const path = `${folder}/${name}`;
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // looked for in the next folder; the environment's PATH is not trusted to name a tool
    }
  }
  return undefined;
}

function takesDescriptors(bubblewrap: string): boolean {
  try {
    return execFileSync(bubblewrap, ["--help"], { env: NO_ENVIRONMENT, encoding: "utf8", timeout: 10_000 }).includes(
      "--ro-bind-fd",
    );
  } catch {
    return false;
  }
}

let found: ConfinementTools | undefined;

/** Looks once a process. */
export function findConfinementTools(): ConfinementTools {
  found ??= lookForTools();
  return found;
}

function lookForTools(): ConfinementTools {
  const bubblewrap = findTool("bwrap");
  const prlimit = findTool("prlimit");
  const setpriv = findTool("setpriv");
  const unshare = findTool("unshare");
  const perl = process.arch === "x64" || process.arch === "arm64" ? findTool("perl") : undefined;
  return {
    ...(unshare === undefined ? {} : { unshare }),
    ...(perl === undefined ? {} : { perl }),
    ...(bubblewrap === undefined ? {} : { bubblewrap }),
    ...(prlimit === undefined ? {} : { prlimit }),
    ...(setpriv === undefined ? {} : { setpriv }),
    bindsDescriptors: bubblewrap !== undefined && takesDescriptors(bubblewrap),
  };
}
