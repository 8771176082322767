import type { DevelopmentHost, DevelopmentHostOptions } from "../api/host";
import { openDevelopmentHostWith } from "./compose-development-host";

/**
 * Opens a host that is its own platform, which signs real documents with keys that live as long as it: a program goes through every
 * check that it will meet on a device, with no server and no account. Its folder is gone when it is closed.
 */
export function openDevelopmentHost(options: DevelopmentHostOptions = {}): Promise<DevelopmentHost> {
  return openDevelopmentHostWith(options, () => undefined);
}
