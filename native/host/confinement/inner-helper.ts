import { builtFiles } from "../build/built-files";
import type { ConfinementTools } from "./confinement-tools";
import { reachableFiles } from "./reachable-files";
import { sharedLibrariesOf } from "./shared-libraries";

/** The first program inside (`confine.pl`), where a sandbox's own user can read it, and the perl that runs it. */
export type InnerHelper = { perl: string; script: string; libraries: readonly string[] };

const SCRIPT = "confine.pl";

let found: Promise<InnerHelper> | undefined;

/** The helper's file as it was built, by name. */
export const innerFiles = () => builtFiles({ copies: { [SCRIPT]: `confinement/${SCRIPT}` }, watched: ["confinement"] });

async function find(perl: string): Promise<InnerHelper> {
  const { [SCRIPT]: script } = reachableFiles(await innerFiles());
  if (script === undefined) throw new Error(`${SCRIPT} was not built`);
  return { perl, script, libraries: sharedLibrariesOf(perl) };
}

/** Undefined where this machine has no perl; looked for once a process. */
export async function innerHelper(tools: ConfinementTools): Promise<InnerHelper | undefined> {
  if (tools.perl === undefined) return undefined;
  found ??= find(tools.perl);
  return found;
}
