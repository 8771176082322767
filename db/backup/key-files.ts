import { mkdir, readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { readIfPresent, writePrivateFile } from "@/lib/platform/private-file";
import { backupFault } from "../backup-fault";
import { type BackupFile, KEY_FILE } from "./backup-format";

/** The keyset's copy, which says whose keys these are; keys without it would pass for those of a first start. */
const KEYSET_COPY = "keyset.json";
/** May lie where a backup is restored: secrets that the operator brings, and what a ceremony has signed. */
const BESIDE = new Set(["protection.key", "access.key", "inbox"]);

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** What of `DATA/keys` belongs into a backup; nothing where there is no such folder. */
export async function readKeyFiles(dataDir: string): Promise<BackupFile[]> {
  const names = (await namesIn(join(dataDir, "keys"))).filter((name) => KEY_FILE.test(name));
  return Promise.all(
    names.map(async (name) => ({ path: `keys/${name}`, text: await readFile(join(dataDir, "keys", name), "utf8") })),
  );
}

/**
 * Refuses a key folder with anything in it that restoring these files would replace, or would mix with other keys. The
 * same files may lie there: of an earlier attempt.
 */
export async function refuseOtherKeys(dataDir: string, files: readonly BackupFile[]): Promise<void> {
  const folder = join(dataDir, "keys");
  for (const name of await namesIn(folder)) {
    if (BESIDE.has(name) || name.endsWith(".tmp")) continue;
    const file = files.find(({ path }) => path === `keys/${name}`);
    if (file === undefined || (await readIfPresent(join(folder, name))) !== file.text) {
      throw backupFault("not-empty", { path: join(folder, name), found: "it is not of this backup" });
    }
  }
}

/** Writes the files below a data folder, the keyset's copy first, each whole or not at all. */
export async function writeKeyFiles(dataDir: string, files: readonly BackupFile[]): Promise<void> {
  if (files.length === 0) return;
  await mkdir(join(dataDir, "keys"), { recursive: true, mode: 0o700 });
  const ordered = [...files].sort((a, b) => Number(isCopy(b)) - Number(isCopy(a)));
  for (const { path, text } of ordered) await writePrivateFile(join(dataDir, path), text);
}

const isCopy = ({ path }: BackupFile) => basename(path) === KEYSET_COPY;
