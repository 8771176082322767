import { lstat, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { ARCHIVE_LIMITS } from "../core/bundle/read-archive";
import { type CommandFailure, failure } from "./command";

export type FolderResult = { ok: true; files: Map<string, Uint8Array> } | CommandFailure;

/** What `pack` and `sign` write where they are called inside of the folder. */
const BUNDLE_NAME = /\.ma(?:\.sig)?$/;
const PRIVATE_KEY = /-----BEGIN (?:[A-Z0-9]+ )?PRIVATE KEY-----/;

/**
 * The files of a program's folder by their names inside the bundle. Names that begin with a dot stay behind, and so do
 * bundles and their signatures at the root; links and private keys refuse the whole, since a bundle is public.
 */
export async function readProgramFolder(folder: string): Promise<FolderResult> {
  const files = new Map<string, Uint8Array>();
  let bytes = 0;
  const pending = [""];
  for (let prefix = pending.pop(); prefix !== undefined; prefix = pending.pop()) {
    for (const child of await readdir(join(folder, prefix))) {
      if (child.startsWith(".") || (prefix === "" && BUNDLE_NAME.test(child))) continue;
      const name = prefix + child;
      const path = join(folder, name);
      const stats = await lstat(path);
      if (stats.isDirectory()) {
        pending.push(`${name}/`);
        continue;
      }
      if (!stats.isFile()) return failure("NOT_A_FILE", `${name} is neither a file nor a folder`);
      bytes += stats.size;
      if (files.size >= ARCHIVE_LIMITS.entries || bytes > ARCHIVE_LIMITS.unpackedBytes) {
        return failure("TOO_LARGE", "the folder holds more than a bundle may");
      }
      const content = await readFile(path);
      if (PRIVATE_KEY.test(content.toString("latin1"))) {
        return failure(
          "PRIVATE_KEY_IN_BUNDLE",
          `${name} holds a private key; keep keys outside of the program's folder`,
        );
      }
      files.set(name, new Uint8Array(content));
    }
  }
  return { ok: true, files };
}
