import { execFileSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { NO_ENVIRONMENT } from "./no-environment";
import { reachableFiles } from "./reachable-files";
import { sharedLibrariesOf } from "./shared-libraries";

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
  /** Node's own binary and the files its loader opens. */
  node: string;
  libraries: readonly string[];
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
let foundFor: string | undefined;

/** Looks once a process: the tools and libraries of `node` (default: the running binary). */
export function findConfinementTools(node: string = process.execPath): ConfinementTools {
  if (found !== undefined && foundFor === node) return found;
  const bubblewrap = findTool("bwrap");
  const prlimit = findTool("prlimit");
  const setpriv = findTool("setpriv");
  const reached = reachableFiles({ node }).node;
  foundFor = node;
  found = {
    ...(bubblewrap === undefined ? {} : { bubblewrap }),
    ...(prlimit === undefined ? {} : { prlimit }),
    ...(setpriv === undefined ? {} : { setpriv }),
    bindsDescriptors: bubblewrap !== undefined && takesDescriptors(bubblewrap),
    node: reached,
    libraries: sharedLibrariesOf(node),
  };
  return found;
}
