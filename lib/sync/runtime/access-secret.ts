import { hkdfSync, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Env } from "@/lib/platform/env";
import { AppError } from "@/lib/platform/errors";
import { createPrivateFile, makePrivateFolder, readIfPresent } from "@/lib/platform/private-file";

const GENERATED = "access.key";
const LENGTH_MIN = 32;

/** The key that seals access tokens; the secret is text of any length from 32 characters. */
function accessKeyFrom(secret: string): Buffer {
  return Buffer.from(hkdfSync("sha256", secret, "", "bulkhead access tokens 1", 32));
}

async function readSecretFile(path: string): Promise<string> {
  const text = await readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
    throw new AppError(
      "unavailable",
      `The access secret's file ${path} cannot be read (${cause.code}).\nCorrect BULKHEAD_ACCESS_SECRET_FILE, or put the file there.`,
      { cause },
    );
  });
  const secret = text.split(/\r?\n/, 1)[0] ?? "";
  if (secret.length >= LENGTH_MIN) return secret;
  throw new AppError(
    "unavailable",
    `The first line of the access secret's file ${path} has less than 32 characters.\nPut the whole secret on it.`,
  );
}

/**
 * The key that seals the devices' access tokens, the same for all processes of one store and never in it: from the
 * environment, a file that it names, or else `keys/access.key`. Null where there is none.
 */
export async function findAccessKey(keysDir: string, env: Env): Promise<Buffer | null> {
  if (env.BULKHEAD_ACCESS_SECRET !== undefined) return accessKeyFrom(env.BULKHEAD_ACCESS_SECRET);
  if (env.BULKHEAD_ACCESS_SECRET_FILE !== undefined) {
    return accessKeyFrom(await readSecretFile(env.BULKHEAD_ACCESS_SECRET_FILE));
  }
  const secret = (await readIfPresent(join(keysDir, GENERATED)))?.trim();
  if (secret === undefined) return null;
  if (secret.length >= LENGTH_MIN) return accessKeyFrom(secret);
  throw new AppError(
    "unavailable",
    `${join(keysDir, GENERATED)} was cut short.\nPut it back, or delete it: the process that signs then makes a new one, and devices fetch new tokens.`,
  );
}

/** Makes `keys/access.key`; of several processes one wins. What it seals lives ten minutes, so nothing lasting is lost. */
export async function createAccessKey(keysDir: string): Promise<Buffer> {
  await makePrivateFolder(keysDir);
  const kept = await createPrivateFile(join(keysDir, GENERATED), `${randomBytes(32).toString("base64url")}\n`);
  return accessKeyFrom(kept.trim());
}
