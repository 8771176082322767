import { storagePath } from "../../core/storage/storage-path";
import { type CallUsage, createCallUsage } from "../bridge/call-usage";
import type { HostLog, StorageBudget } from "../ports";
import { type StorageArea, shareStorageArea } from "../storage/program-storage";
import { openStorageFolder } from "../storage/storage-folder";
import { createUsageSaver, loadUsage } from "./usage-file";

/** What a running program has on the disk. */
export type ProgramFiles = {
  storage: StorageArea;
  usage: CallUsage;
  /** Writes what the next start has to know. */
  save(): Promise<void>;
  close(): Promise<void>;
};

/** Opens the partition of one program and user; undefined where the names are none (spec §5, Storage). */
export async function openProgramFiles(options: {
  storageDir: string;
  storageBudget: StorageBudget;
  appId: string;
  user: string;
  nowSeconds(): number;
  log: HostLog;
}): Promise<ProgramFiles | undefined> {
  const { storageDir, appId, user, log } = options;
  const place = storagePath({ appId, user, area: "storage", key: "k" });
  if (place.result !== "ok") return undefined;
  const [userFolder = "", area = ""] = place.path.split("/");
  const onFailure = (error: unknown): void => log("error", "storage_failed", { appId, error });
  const storage = await shareStorageArea({
    openFolder: openStorageFolder,
    root: storageDir,
    folders: [appId, userFolder, area],
    budget: options.storageBudget,
    onFailure,
  });
  const folder = await openStorageFolder(storageDir, [appId, userFolder]);
  const usage = createCallUsage(options.nowSeconds, await loadUsage(folder));
  const saveUsage = createUsageSaver(folder, usage);
  return {
    storage,
    usage,
    save: () => saveUsage().catch(onFailure),
    async close() {
      await saveUsage().catch(onFailure);
      await storage.close();
      await folder.close();
    },
  };
}
