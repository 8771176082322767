import { execFileSync } from "node:child_process";
import { closeSync, openSync, readSync } from "node:fs";
import { NO_ENVIRONMENT } from "./no-environment";

const ELF_MAGIC = 0x7f454c46;
const PROGRAM_INTERPRETER = 3;

/** The dynamic loader that an executable names, or undefined where it is linked statically. 64-bit little-endian ELF. */
export function interpreterOf(executable: string): string | undefined {
  const fd = openSync(executable, "r");
  try {
    const head = Buffer.alloc(64);
    if (readSync(fd, head, 0, 64, 0) < 64 || head.readUInt32BE(0) !== ELF_MAGIC || head[4] !== 2 || head[5] !== 1) {
      return undefined;
    }
    const tableOffset = Number(head.readBigUInt64LE(32));
    const entrySize = head.readUInt16LE(54);
    const entries = Buffer.alloc(entrySize * head.readUInt16LE(56));
    readSync(fd, entries, 0, entries.length, tableOffset);
    for (let at = 0; at + entrySize <= entries.length; at += entrySize) {
      if (entries.readUInt32LE(at) !== PROGRAM_INTERPRETER) continue;
      const path = Buffer.alloc(Number(entries.readBigUInt64LE(at + 32)));
      readSync(fd, path, 0, path.length, Number(entries.readBigUInt64LE(at + 8)));
      return path.toString("utf8").replace(/\0+$/, "");
    }
    return undefined;
  } finally {
    closeSync(fd);
  }
}

/** Paths in the loader's own listing: `name => /path (0x…)` or `/path (0x…)`. */
export function parseLoaderListing(listing: string): string[] {
  const paths = new Set<string>();
  for (const line of listing.split("\n")) {
    const match = /^\s*(?:\S+ => )?(\/\S+) \(0x[0-9a-f]+\)$/.exec(line);
    if (match?.[1] !== undefined) paths.add(match[1]);
  }
  return [...paths];
}

/**
 * Every file that the kernel and the loader open to run `executable`: the loader and the libraries, under the names by
 * which they are looked up. Asks the loader itself, with an empty environment. Throws when the loader can't be run.
 */
export function sharedLibrariesOf(executable: string): string[] {
  const interpreter = interpreterOf(executable);
  if (interpreter === undefined) return [];
  const listing = execFileSync(interpreter, ["--list", executable], {
    env: NO_ENVIRONMENT,
    encoding: "utf8",
    timeout: 10_000,
  });
  return [...new Set([...parseLoaderListing(listing), interpreter])];
}
