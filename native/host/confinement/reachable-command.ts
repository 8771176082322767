import { basename } from "node:path";
import type { EngineCommand } from "../engines/engine";
import { reachableFiles } from "./reachable-files";
import { interpreterOf, sharedLibrariesOf } from "./shared-libraries";

/** An engine's files where a sandbox's own user can open them, root's sandboxes too. */
export type ReachableCommand = {
  binary: string;
  /** What the binary's loader opens, under the names by which it looks them up. */
  libraries: readonly string[];
  /** The loader itself, which the kernel executes for the binary; none where it is linked statically. */
  loader: readonly string[];
  files: Readonly<Record<string, string>>;
};

const binaries = new Map<string, Omit<ReachableCommand, "files">>();
const commands = new WeakMap<EngineCommand, ReachableCommand>();

function reachableBinary(path: string): Omit<ReachableCommand, "files"> {
  const known = binaries.get(path);
  if (known !== undefined) return known;
  const { [basename(path)]: binary = path } = reachableFiles({ [basename(path)]: path });
  const loader = interpreterOf(path);
  const found = { binary, libraries: sharedLibrariesOf(path), loader: loader === undefined ? [] : [loader] };
  binaries.set(path, found);
  return found;
}

/** Looked for once a process and command. */
export function reachableCommand(command: EngineCommand): ReachableCommand {
  const known = commands.get(command);
  if (known !== undefined) return known;
  const found = { ...reachableBinary(command.binary), files: reachableFiles(command.files) };
  commands.set(command, found);
  return found;
}
