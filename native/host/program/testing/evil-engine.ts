import { fileURLToPath } from "node:url";
import type { Engine } from "../../engines/engine";
import { nodeCommand } from "../../engines/node-command";
import { scriptEngine } from "../../engines/script/script-engine";

/** An engine that was taken over, in the process and the confinement of one that was not; `way` as in `evil-frames.mjs`. */
export function evilEngine(way: string): Engine {
  const own = nodeCommand({ "evil.mjs": fileURLToPath(new URL("evil-frames.mjs", import.meta.url)) }, "evil.mjs");
  return { ...scriptEngine, command: async () => ({ ...own, args: (pathOf) => [...own.args(pathOf), way] }) };
}
