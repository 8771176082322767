import { join } from "node:path";
import type { HostLog } from "../ports";
import { lockDataDirectory } from "../state/data-directory-lock";
import { type DeviceKey, loadDeviceKey } from "../state/device-key";
import { type DeviceStore, openDeviceStore } from "../state/device-store";
import type { DurableFiles } from "../state/durable-files";

/** A device's folder, held by this process alone. */
export type DataDirectory = {
  store: DeviceStore;
  key: DeviceKey;
  bundles: string;
  telemetry: string;
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
    const store = await openDeviceStore({ files, directory: join(directory, "state"), log });
    const key = await loadDeviceKey(files, join(directory, "device-key.pem"));
    return {
      store,
      key,
      bundles: join(directory, "bundles"),
      telemetry: join(directory, "telemetry"),
      storage: join(directory, "storage"),
      async release() {
        await store.settle();
        await lock.release();
      },
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}
