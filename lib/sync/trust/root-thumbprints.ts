import { join } from "node:path";
import { z } from "zod";
import type { Env } from "@/lib/platform/env";
import { AppError } from "@/lib/platform/errors";
import { createPrivateFile, makePrivateFolder, readIfPresent } from "@/lib/platform/private-file";
import { thumbprint as thumbprintOf } from "@/native/core/crypto/jwk";
import { thumbprintShape } from "@/native/core/crypto/public-key";
import type { RootTrust } from "@/native/core/documents/verify-keyset";
import type { KeysetClaims } from "@/native/core/shapes/claims";
import { nodeCrypto } from "@/native/node/crypto";

/** Beside the keys: what the first keyset of this platform must be signed by, whatever the database says. */
export const ROOTS_FILE = "roots.json";

const fileShape = z
  .object({ rootThumbprints: z.array(thumbprintShape).min(1).max(32), threshold: z.int().min(1) })
  .refine(({ rootThumbprints, threshold }) => threshold <= new Set(rootThumbprints).size);

export type FoundRoots = RootTrust & {
  /** Where they are from, for people. */
  from: string;
};

function readFile(text: string, path: string): FoundRoots {
  let value: unknown = null;
  try {
    value = JSON.parse(text);
  } catch {
    // No JSON is no roots; told below.
  }
  const read = fileShape.safeParse(value);
  if (read.success) return { ...read.data, from: path };
  throw new AppError(
    "unavailable",
    `${path} is damaged: it names the root keys that this platform's first keyset was signed by.\nPut it back from a backup, or set BULKHEAD_ROOT_THUMBPRINTS to what an enrolment file of this platform says.`,
  );
}

/**
 * The root keys that the walk through the keysets begins at, from outside the database: `BULKHEAD_ROOT_THUMBPRINTS`
 * (`THRESHOLD:THUMBPRINT,…`, as an enrolment file has them), or else `keys/roots.json`; null where neither is there.
 * Raises `unavailable` for a file that is none.
 */
export async function findRoots(keysDir: string, env: Env): Promise<FoundRoots | null> {
  const given = env.BULKHEAD_ROOT_THUMBPRINTS;
  if (given !== undefined) return { ...given, from: "BULKHEAD_ROOT_THUMBPRINTS" };
  const path = join(keysDir, ROOTS_FILE);
  const text = await readIfPresent(path);
  return text === null ? null : readFile(text, path);
}

/** The root keys of a platform's first keyset, as a platform that is just made keeps them. */
export async function rootsOf({ rootKeys, threshold }: KeysetClaims): Promise<RootTrust> {
  return { rootThumbprints: rootKeys.map(({ jwk }) => thumbprintOf(jwk, nodeCrypto)), threshold };
}

/** As `BULKHEAD_ROOT_THUMBPRINTS` takes them. */
export const rootsText = ({ rootThumbprints, threshold }: RootTrust): string =>
  `${threshold}:${rootThumbprints.join(",")}`;

/** Writes them beside the keys, once: of several processes one wins, and what is there stays. */
export async function keepRoots(keysDir: string, roots: RootTrust): Promise<FoundRoots> {
  const path = join(keysDir, ROOTS_FILE);
  await makePrivateFolder(keysDir);
  const { rootThumbprints, threshold } = roots;
  return readFile(await createPrivateFile(path, `${JSON.stringify({ rootThumbprints, threshold }, null, 2)}\n`), path);
}
