import { lstat, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { ARCHIVE_LIMITS } from "../core/bundle/read-archive";
import { type CommandFailure, failure, UsageError } from "./command";
import { sayBytes } from "./say-bytes";

export type FolderResult = { ok: true; files: Map<string, Uint8Array> } | CommandFailure;

/** What `pack` and `sign` write where they are called inside of the folder. */
const BUNDLE_NAME = /\.ma(?:\.sig)?$/;
const PRIVATE_KEY = /-----BEGIN (?:[A-Z0-9]+ )?PRIVATE KEY-----/;
/** Looked at before it is given up: a folder of this size is none of a program. */
const NAMES_MAX = 100_000;
const LARGEST_SHOWN = 3;

/**
 * The files of a program's folder by their names inside the bundle. Names that begin with a dot stay behind, and so do
 * bundles and their signatures at the root; links and private keys refuse the whole, since a bundle is public. Sizes are
 * looked at before anything is read.
 */
export async function readProgramFolder(folder: string): Promise<FolderResult> {
  const sizes = new Map<string, number>();
  const pending = [""];
  for (let prefix = pending.pop(); prefix !== undefined; prefix = pending.pop()) {
    for (const child of await childrenOf(join(folder, prefix))) {
      if (child.startsWith(".") || (prefix === "" && BUNDLE_NAME.test(child))) continue;
      const name = prefix + child;
      const stats = await lstat(join(folder, name));
      if (stats.isDirectory()) pending.push(`${name}/`);
      else if (!stats.isFile()) return failure("NOT_A_FILE", `${join(folder, name)} is neither a file nor a folder`);
      else sizes.set(name, stats.size);
      if (sizes.size + pending.length > NAMES_MAX) break;
    }
  }
  const tooLarge = judgeSizes(folder, sizes);
  if (tooLarge !== null) return tooLarge;
  const files = new Map<string, Uint8Array>();
  for (const name of sizes.keys()) {
    const content = await readFile(join(folder, name));
    if (PRIVATE_KEY.test(content.toString("latin1"))) {
      return failure(
        "PRIVATE_KEY_IN_BUNDLE",
        `${join(folder, name)} holds a private key; keep keys outside of the program's folder`,
      );
    }
    files.set(name, new Uint8Array(content));
  }
  return { ok: true, files };
}

async function childrenOf(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOTDIR")
      throw new UsageError(`${folder} is no folder`);
    throw error;
  }
}

/** Limit, value and what is largest, where the files are more than a bundle may hold. */
function judgeSizes(folder: string, sizes: ReadonlyMap<string, number>): CommandFailure | null {
  const { entries, unpackedBytes } = ARCHIVE_LIMITS;
  const count = Math.min(sizes.size, NAMES_MAX);
  if (count > entries) {
    const more = sizes.size > NAMES_MAX ? "more than " : "";
    return failure("TOO_LARGE", `${folder} holds ${more}${count} files; a bundle holds at most ${entries}`);
  }
  const total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  if (total <= unpackedBytes) return null;
  const largest = [...sizes].sort(([, one], [, other]) => other - one).slice(0, LARGEST_SHOWN);
  return failure(
    "TOO_LARGE",
    `${folder} holds ${sayBytes(total)}; a bundle holds at most ${sayBytes(unpackedBytes)} unpacked. The largest files:`,
    largest.map(([name, size]) => `${join(folder, name)}: ${sayBytes(size)}`),
  );
}
