import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { storeFault } from "./store-fault";

/** Folders of ours in a data folder; one that anybody could enter would open what lies in it. */
const PARTS = ["store", "journal", "bundles", "backups", "keys", "audit-heads", "lock"] as const;
const OTHERS = 0o077;
/** What the database makes readable to all whenever it starts; the folder around it is closed. */
const REMADE = "pg_internal.init";
/** Entries that are looked at in a database's folder at most; it has about a thousand. */
const ENTRIES_MAX = 100_000;

const octal = (mode: number) => (mode & 0o777).toString(8).padStart(4, "0");

/**
 * Makes a data folder that its owner alone can enter, or makes the one that is there so, with its parts and the
 * database's files; answers with what was open, in words. Raises the fault `folder-not-private`, with nothing changed,
 * where a folder that others can enter is another user's, or stays open whatever is done.
 */
export function takeDataFolder(dataDir: string): string[] {
  if (!existsSync(dataDir)) {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    return [];
  }
  const folders = [dataDir, ...PARTS.map((name) => join(dataDir, name)).filter((path) => existsSync(path))];
  const open = folders.map((path) => ({ path, ...statSync(path) })).filter(({ mode }) => (mode & OTHERS) !== 0);
  const user = process.geteuid?.();
  const refuse = (found: string) => storeFault("folder-not-private", { dataDir, found, isUnchanged: true });
  for (const { path, mode, uid } of open) {
    if (user !== undefined && uid !== user) {
      throw refuse(`${path} has the mode ${octal(mode)} and is user ${uid}'s, and this process is user ${user}'s`);
    }
  }
  const said: string[] = [];
  for (const { path, mode } of open) {
    chmodSync(path, mode & 0o700);
    if ((statSync(path).mode & OTHERS) !== 0) throw refuse(`${path} keeps the mode ${octal(mode)} on its file system`);
    said.push(`${path} was open to others (mode ${octal(mode)}); it is its owner's alone now.`);
  }
  const files = tightenTree(join(dataDir, "store"));
  if (files > 0) said.push(`${files} of the database's files were open to others; they are their owner's alone now.`);
  return said;
}

/** Raises the fault `other-user` where the database is another user's: only root gets in, and would shut its owner out. */
export function requireOwnDatabase(dataDir: string): void {
  const owner = statSync(join(dataDir, "store"), { throwIfNoEntry: false })?.uid;
  const user = process.geteuid?.();
  if (owner === undefined || user === undefined || owner === user) return;
  const found = `store/ is user ${owner}'s, and this process is user ${user}'s`;
  throw storeFault("other-user", { dataDir, found, isUnchanged: true });
}

/** Takes from others what they may do with a folder's files and with the folders in it; answers how many files it was. */
export function tightenTree(folder: string): number {
  let files = 0;
  let entries = 0;
  const waiting = existsSync(folder) ? [folder] : [];
  for (let path = waiting.pop(); path !== undefined && entries < ENTRIES_MAX; path = waiting.pop()) {
    entries += 1;
    const entry = lstatSync(path);
    const isFolder = entry.isDirectory();
    if (isFolder) for (const name of readdirSync(path)) waiting.push(join(path, name));
    if ((entry.mode & OTHERS) === 0 || !(isFolder || entry.isFile())) continue;
    chmodSync(path, entry.mode & 0o700);
    if (!isFolder && !path.endsWith(REMADE)) files += 1;
  }
  return files;
}
