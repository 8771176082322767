import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, scryptSync } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "@/lib/platform/clock";
import { AppError } from "@/lib/platform/errors";
import { createPrivateFile, makePrivateFolder, readIfPresent, writePrivateFile } from "@/lib/platform/private-file";
import type { PublicJwk } from "@/native/core/shapes/claims";
import { openKey, type SealedKey, sealedKeyShape, sealKey } from "./sealed-key";
import { thumbprintOf } from "./thumbprint";

export type KeyUse = SealedKey["use"];
export type KeyFolder = {
  dir: string;
  /** Public halves, oldest first. Raises `unavailable` for a file that is no key. */
  list(use: KeyUse): Promise<SealedKey[]>;
  /** Makes a P-256 key, seals it and writes it durably. `kid` is its RFC 7638 thumbprint. */
  create(use: KeyUse): Promise<SealedKey>;
  /** The private half, kept in memory after the first time. Raises `unavailable` where it is missing or stays shut. */
  open(use: KeyUse, kid: string): Promise<KeyObject>;
  /**
   * 32 bytes that only this folder together with its secret gives, made at first use: `access` seals the devices'
   * access tokens, `session` encrypts the console's session tokens.
   */
  deriveKey(purpose: "access" | "session"): Promise<Buffer>;
};

function publicHalf(key: KeyObject): PublicJwk {
  const { x, y } = key.export({ format: "jwk" });
  return { kty: "EC", crv: "P-256", x: String(x), y: String(y) };
}

function parseKeyFile(name: string, text: string): SealedKey {
  const unreadable = (cause: unknown) => new AppError("unavailable", `The key file ${name} can't be read.`, { cause });
  try {
    return sealedKeyShape.parse(JSON.parse(text));
  } catch (cause) {
    throw unreadable(cause);
  }
}

/** The keys of `DATA/keys`, one file a key; the secret protects each of them at rest. */
export function openKeyFolder(options: { dir: string; secret: string; clock: Clock }): KeyFolder {
  const { dir, secret, clock } = options;
  const opened = new Map<string, KeyObject>();
  const fileOf = (use: KeyUse, kid: string) => join(dir, `${use}-${kid}.json`);

  async function list(use: KeyUse): Promise<SealedKey[]> {
    await makePrivateFolder(dir);
    const names = (await readdir(dir)).filter((name) => name.startsWith(`${use}-`) && name.endsWith(".json"));
    const keys = await Promise.all(
      names.map(async (name) => parseKeyFile(name, (await readIfPresent(join(dir, name))) ?? "")),
    );
    return keys.sort((a, b) => a.createdAt.localeCompare(b.createdAt) || a.kid.localeCompare(b.kid));
  }

  return {
    dir,
    list,
    async create(use) {
      await makePrivateFolder(dir);
      const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
      const jwk = publicHalf(publicKey);
      const kid = thumbprintOf(jwk);
      const pkcs8 = privateKey.export({ format: "der", type: "pkcs8" });
      const sealed = sealKey({ use, kid, jwk, createdAt: new Date(clock.nowMs()).toISOString() }, pkcs8, secret);
      await writePrivateFile(fileOf(use, kid), `${JSON.stringify(sealed, null, 2)}\n`);
      return sealed;
    },
    async open(use, kid) {
      const known = opened.get(kid);
      if (known !== undefined) return known;
      const entry = (await list(use)).find((key) => key.kid === kid);
      if (entry === undefined) throw new AppError("unavailable", `The ${use} key ${kid} is not in the key folder.`);
      const pkcs8 = openKey(entry, secret);
      if (pkcs8 === null) {
        throw new AppError("unavailable", `The ${use} key ${kid} does not open with this passphrase.`);
      }
      const key = createPrivateKey({ key: Buffer.from(pkcs8), format: "der", type: "pkcs8" });
      opened.set(kid, key);
      return key;
    },
    async deriveKey(purpose) {
      await makePrivateFolder(dir);
      const path = join(dir, `${purpose}.salt`);
      const salt =
        (await readIfPresent(path)) ?? (await createPrivateFile(path, `${randomBytes(32).toString("base64url")}\n`));
      return scryptSync(`${secret.normalize("NFC")}\n${purpose}`, salt.trim(), 32, { N: 2 ** 14, r: 8, p: 1 });
    },
  };
}
