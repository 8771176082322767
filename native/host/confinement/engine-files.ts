import { builtEngine, type EngineFiles } from "../engines/build-engine";
import { reachableFiles } from "./reachable-files";

let reached: Promise<EngineFiles> | undefined;

/** The engine's files where a sandbox's own user can open them, root's sandboxes too; made once a process. */
export function engineFiles(): Promise<EngineFiles> {
  reached ??= builtEngine().then((files) => reachableFiles(files));
  return reached;
}
