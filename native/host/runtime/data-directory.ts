import { join } from "node:path";
import type { HostLog } from "../ports";
import { lockDataDirectory } from "../state/data-directory-lock";
import { type DeviceDisk, openDeviceDisk } from "../state/device-disk";
import { type DeviceKey, loadDeviceKey } from "../state/device-key";
import type { DurableFiles } from "../state/durable-files";

/** A device's folder, held by this process alone. */
export type DataDirectory = {
  disk: DeviceDisk;
  key: DeviceKey;
  bundles: string;
  storage: string;
  release(): Promise<void>;
};

/** Opens the folder, making what is missing; `undefined` while another host has it. */
export async function openDataDirectory(options: {
  files: DurableFiles;
  directory: string;
  log: HostLog;
}): Promise<DataDirectory | undefined> {
  const { files, directory, log } = options;
  await files.makeDirectory(directory);
  const lock = await lockDataDirectory(directory);
  if (!lock) return undefined;
  try {
    const telemetry = join(directory, "telemetry");
    const disk = await openDeviceDisk({ files, directory: join(directory, "state"), telemetry, log });
    const key = await loadDeviceKey(files, join(directory, "device-key.pem"));
    return {
      disk,
      key,
      bundles: join(directory, "bundles"),
      storage: join(directory, "storage"),
      async release() {
        await disk.settle();
        await lock.release();
      },
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}
