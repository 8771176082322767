import { randomBytes } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Env } from "@/lib/platform/env";
import { AppError } from "@/lib/platform/errors";
import { createPrivateFile, makePrivateFolder, readIfPresent } from "@/lib/platform/private-file";

export type ProtectionSecret = {
  secret: string;
  /** `generated-file` lies beside the keys: whoever copies the folder has both. */
  source: "environment" | "passphrase-file" | "generated-file";
};

const GENERATED = "protection.key";
const LENGTH_MIN = 12;

async function sealedKeys(keysDir: string): Promise<string[]> {
  const names = await readdir(keysDir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  return names.filter((name) => /^(policy|root)-.+\.json$/.test(name));
}

async function readPassphraseFile(path: string): Promise<string> {
  const text = await readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
    throw new AppError(
      "unavailable",
      `The passphrase file ${path} cannot be read (${cause.code}).\nCorrect BULKHEAD_KEYS_PASSPHRASE_FILE, or put the file there.`,
      { cause },
    );
  });
  const secret = text.split(/\r?\n/, 1)[0] ?? "";
  if (secret.length >= LENGTH_MIN) return secret;
  throw new AppError(
    "unavailable",
    `The first line of the passphrase file ${path} has less than 12 characters.\nPut the whole passphrase on it.`,
  );
}

/**
 * What protects the key files: the passphrase of the environment, of a file, or else the secret that was generated
 * beside the keys. Null where none is given and nothing is sealed yet. Raises `unavailable` where the named file is
 * unfit, and where keys lie there that only a secret of which nothing is left would open: none is made up beside them.
 */
export async function findProtectionSecret(keysDir: string, env: Env): Promise<ProtectionSecret | null> {
  if (env.BULKHEAD_KEYS_PASSPHRASE !== undefined) {
    return { secret: env.BULKHEAD_KEYS_PASSPHRASE, source: "environment" };
  }
  if (env.BULKHEAD_KEYS_PASSPHRASE_FILE !== undefined) {
    return { secret: await readPassphraseFile(env.BULKHEAD_KEYS_PASSPHRASE_FILE), source: "passphrase-file" };
  }
  // Listed first: another process that starts now makes the secret before it seals a key with it.
  const sealed = await sealedKeys(keysDir);
  const secret = (await readIfPresent(join(keysDir, GENERATED)))?.trim();
  if (secret !== undefined && secret.length >= LENGTH_MIN) return { secret, source: "generated-file" };
  if (sealed.length === 0 && secret === undefined) return null;
  const state = secret === undefined ? "is not there" : "was cut short";
  throw new AppError(
    "unavailable",
    `${join(keysDir, GENERATED)} ${state}, and no passphrase is given: the ${sealed.length} key files in ${keysDir} stay shut.\nPut it back from where it is kept, or give the passphrase that sealed them (BULKHEAD_KEYS_PASSPHRASE). If it is lost for good, move the key files away: the server then starts without signing, and docs/guides/root-ceremony.md says how a new policy key comes in.`,
  );
}

/** Makes a secret beside keys that are still to be made; of several processes one wins. Raises as finding it does. */
export async function createProtectionSecret(keysDir: string, env: Env): Promise<ProtectionSecret> {
  const found = await findProtectionSecret(keysDir, env);
  if (found !== null) return found;
  await makePrivateFolder(keysDir);
  const kept = await createPrivateFile(join(keysDir, GENERATED), `${randomBytes(32).toString("base64url")}\n`);
  return { secret: kept.trim(), source: "generated-file" };
}
