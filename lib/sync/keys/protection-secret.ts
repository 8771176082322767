import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Env } from "@/lib/platform/env";
import { AppError } from "@/lib/platform/errors";
import { createPrivateFile, makePrivateFolder, readIfPresent } from "@/lib/platform/private-file";

export type ProtectionSecret = {
  secret: string;
  /** `generated-file` lies beside the keys: whoever copies the folder has both. */
  source: "environment" | "passphrase-file" | "generated-file";
};

/**
 * What protects the key files: the passphrase of the environment, of a file, or else a generated secret of mode 0600
 * beside the keys. Raises `unavailable` where the named file holds less than 12 characters.
 */
export async function readProtectionSecret(keysDir: string, env: Env): Promise<ProtectionSecret> {
  if (env.BULKHEAD_KEYS_PASSPHRASE !== undefined) {
    return { secret: env.BULKHEAD_KEYS_PASSPHRASE, source: "environment" };
  }
  if (env.BULKHEAD_KEYS_PASSPHRASE_FILE !== undefined) {
    const text = await readFile(env.BULKHEAD_KEYS_PASSPHRASE_FILE, "utf8");
    const secret = text.split(/\r?\n/, 1)[0] ?? "";
    if (secret.length < 12) throw new AppError("unavailable", "The passphrase file holds less than 12 characters.");
    return { secret, source: "passphrase-file" };
  }
  await makePrivateFolder(keysDir);
  const path = join(keysDir, "protection.key");
  const existing = await readIfPresent(path);
  if (existing !== null) return { secret: existing.trim(), source: "generated-file" };
  const kept = await createPrivateFile(path, `${randomBytes(32).toString("base64url")}\n`);
  return { secret: kept.trim(), source: "generated-file" };
}
