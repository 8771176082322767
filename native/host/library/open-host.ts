import type { Host, OpenHostOptions } from "../api/host";
import { openHostWith } from "./compose-host";

/**
 * Opens the host of an enrolled device: takes up what is stored, syncs for three seconds at most, starts the programs that it is to
 * keep running. Several run in one process, each on a folder of its own. It ends no process and hears no signal: whoever opened
 * it closes it. Rejects with a `HostError`, with nothing left behind: of `HOST_REFUSALS`, or `provider_invalid`.
 */
export function openHost(options: OpenHostOptions): Promise<Host> {
  return openHostWith(options);
}
