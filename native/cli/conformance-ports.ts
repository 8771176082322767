import { open } from "node:fs/promises";
import suffixData from "../catalog/public-suffixes.json" with { type: "json" };
import type { ConformancePorts } from "../core/conformance/op";
import { type PublicSuffixes, readPublicSuffixes } from "../core/decide/public-suffixes";
import { nodeCrypto } from "../node/crypto";

let suffixes: PublicSuffixes | undefined;

/** The table of public suffixes, made ready at its first question: most commands ask none. */
export const publicSuffixes: PublicSuffixes = {
  coversSuffix(name) {
    suffixes ??= readPublicSuffixes(suffixData);
    return suffixes.coversSuffix(name);
  },
};

export const conformancePorts: ConformancePorts = { crypto: nodeCrypto, publicSuffixes, readFile: readWholeFile };

/** A file's bytes; undefined where there is none, it is no regular file, or it is longer than `bytesMax`. */
export async function readWholeFile(path: string, bytesMax: number): Promise<Uint8Array | undefined> {
  try {
    const file = await open(path, "r");
    try {
      const stats = await file.stat();
      if (!stats.isFile() || stats.size > bytesMax) return undefined;
      return new Uint8Array(await file.readFile());
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isFileError(error)) return undefined;
    throw error;
  }
}

/** What the file system itself refused: not there, not allowed, a name that cannot be one. */
function isFileError(error: unknown): boolean {
  return error instanceof Error && "code" in error && typeof error.code === "string";
}
