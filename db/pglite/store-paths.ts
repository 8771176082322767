import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "@/lib/platform/clock";
import { CREDENTIALS_FILE } from "../journal/credentials-file";

/** Where the parts of a data folder lie. */
export const storePaths = (dataDir: string) => ({
  lock: join(dataDir, "lock"),
  store: join(dataDir, "store"),
  /** A database that is being made; it becomes `store` when it is whole. */
  making: join(dataDir, "store.making"),
  journal: join(dataDir, "journal"),
  bundles: join(dataDir, "bundles"),
  credentials: join(dataDir, CREDENTIALS_FILE),
});
export type StorePaths = ReturnType<typeof storePaths>;

/** `FOLDER.set-aside-2026-11-23T04-17-14Z`, beside the folder. */
export function setAsidePath(folder: string, clock: Clock): string {
  const stamp = new Date(clock.nowMs())
    .toISOString()
    .replace(/\.\d+Z$/, "Z")
    .replaceAll(":", "-");
  let path = `${folder}.set-aside-${stamp}`;
  for (let n = 2; existsSync(path); n += 1) path = `${folder}.set-aside-${stamp}-${n}`;
  return path;
}
