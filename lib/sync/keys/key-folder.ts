import { createPrivateKey, type KeyObject, randomBytes, scryptSync } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "@/lib/platform/clock";
import { AppError } from "@/lib/platform/errors";
import { createPrivateFile, makePrivateFolder, readIfPresent, writePrivateFile } from "@/lib/platform/private-file";
import { barePublicKeyShape } from "@/native/core/crypto/public-key";
import type { PublicJwk } from "@/native/core/shapes/claims";
import { makeKeyPair } from "@/native/node/make-key-pair";
import { keyFault } from "./key-faults";
import { openKey, type SealedKey, sealedKeyShape, sealKey } from "./sealed-key";
import { samePublicKey, thumbprintOf } from "./thumbprint";

export type KeyUse = SealedKey["use"];

/** The key files of one use, oldest first, and the names of those that are no key; or why the folder cannot be read. */
export type KeySurvey = { ok: true; keys: SealedKey[]; unreadable: string[] } | { ok: false; about: string };

export type KeyFolder = {
  dir: string;
  /** What lies there, without opening anything. A folder that is not there is empty. Never rejects. */
  survey(use: KeyUse): Promise<KeySurvey>;
  /** Public halves, oldest first. Raises `unavailable` for a file that is no key. */
  list(use: KeyUse): Promise<SealedKey[]>;
  /** Makes a P-256 key, seals it and writes it durably. `kid` is its RFC 7638 thumbprint. */
  create(use: KeyUse): Promise<SealedKey>;
  /**
   * The private half, kept in memory after the first time. Raises a key fault where it is missing, stays shut, or is
   * not the private half of what its file says.
   */
  open(use: KeyUse, kid: string): Promise<KeyObject>;
  /**
   * 32 bytes that only this folder together with its secret gives; the console's session tokens are encrypted with
   * them. Null where salt or secret is missing: every session that they opened has ended with them.
   */
  sessionKey(): Promise<Buffer | null>;
  /** Makes the salt of the session key where there is none. Of several processes one wins. */
  createSessionSalt(): Promise<void>;
};

function publicHalf(key: KeyObject): PublicJwk {
  const { kty, crv, x, y } = key.export({ format: "jwk" });
  return barePublicKeyShape.parse({ kty, crv, x, y });
}

function readSealedKey(text: string): SealedKey | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // No JSON is no key; the caller names the file.
    return null;
  }
  return sealedKeyShape.safeParse(value).data ?? null;
}

const SESSION_SALT = "session.salt";
/** 32 bytes; a file cut short is none. */
const SALT = /^[A-Za-z0-9_-]{43}$/;

/**
 * The keys of `DATA/keys`, one file a key; the secret protects each of them at rest. Without one (null) what is public
 * can be read, and nothing opens.
 */
export function openKeyFolder(options: {
  dir: string;
  secret: string | null;
  clock: Clock;
  sealCost?: number;
}): KeyFolder {
  const { dir, secret, clock, sealCost } = options;
  const opened = new Map<string, KeyObject>();
  /** Seals that did not open: scrypt costs a tenth of a second, and the same file stays shut. */
  const shut = new Set<string>();
  const fileOf = (use: KeyUse, kid: string) => join(dir, `${use}-${kid}.json`);

  async function survey(use: KeyUse): Promise<KeySurvey> {
    let names: string[];
    try {
      names = (await readdir(dir)).filter((name) => name.startsWith(`${use}-`) && name.endsWith(".json"));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      return code === "ENOENT" ? { ok: true, keys: [], unreadable: [] } : { ok: false, about: `${dir}: ${code}` };
    }
    const keys: SealedKey[] = [];
    const unreadable: string[] = [];
    for (const name of names) {
      const text = await readIfPresent(join(dir, name)).catch((error: NodeJS.ErrnoException) => `${error.code}`);
      const key = text === null ? null : readSealedKey(text);
      if (key === null || key.use !== use) unreadable.push(name);
      else keys.push(key);
    }
    keys.sort((a, b) => a.createdAt.localeCompare(b.createdAt) || a.kid.localeCompare(b.kid));
    return { ok: true, keys, unreadable };
  }

  async function list(use: KeyUse): Promise<SealedKey[]> {
    const found = await survey(use);
    if (!found.ok) throw keyFault("FOLDER_UNREADABLE", { about: found.about });
    if (found.unreadable.length > 0) throw keyFault("FOLDER_UNREADABLE", { about: found.unreadable.join(", ") });
    return found.keys;
  }

  function unseal(entry: SealedKey): KeyObject {
    const seal = `${entry.kid} ${entry.sealed.kdf.salt} ${entry.sealed.tag} ${entry.sealed.ciphertext}`;
    const pkcs8 = secret === null || shut.has(seal) ? null : openKey(entry, secret);
    if (pkcs8 === null) {
      shut.add(seal);
      throw keyFault("KEY_SHUT", { about: entry.kid });
    }
    const key = createPrivateKey({ key: Buffer.from(pkcs8), format: "der", type: "pkcs8" });
    const jwk = publicHalf(key);
    if (!samePublicKey(jwk, entry.jwk) || thumbprintOf(jwk) !== entry.kid) {
      throw keyFault("KEY_SWAPPED", { about: entry.kid });
    }
    return key;
  }

  return {
    dir,
    survey,
    list,
    async create(use) {
      if (secret === null) throw new AppError("unavailable", "There is no passphrase to seal a key with.");
      await makePrivateFolder(dir);
      const { publicKey, privateKey } = makeKeyPair();
      const jwk = publicHalf(publicKey);
      const kid = thumbprintOf(jwk);
      const pkcs8 = privateKey.export({ format: "der", type: "pkcs8" });
      const sealed = sealKey(
        { use, kid, jwk, createdAt: new Date(clock.nowMs()).toISOString() },
        pkcs8,
        secret,
        sealCost,
      );
      await writePrivateFile(fileOf(use, kid), `${JSON.stringify(sealed, null, 2)}\n`);
      return sealed;
    },
    async open(use, kid) {
      const known = opened.get(`${use} ${kid}`);
      if (known !== undefined) return known;
      const found = await survey(use);
      if (!found.ok) throw keyFault("FOLDER_UNREADABLE", { about: found.about });
      const entry = found.keys.find((key) => key.kid === kid);
      if (entry === undefined) throw keyFault("KEY_MISSING", { about: `${use} ${kid}` });
      const key = unseal(entry);
      opened.set(`${use} ${kid}`, key);
      return key;
    },
    async sessionKey() {
      const salt = await readIfPresent(join(dir, SESSION_SALT));
      if (salt === null || !SALT.test(salt.trim()) || secret === null) return null;
      return scryptSync(`${secret.normalize("NFC")}\nsession`, salt.trim(), 32, { N: 2 ** 14, r: 8, p: 1 });
    },
    async createSessionSalt() {
      await makePrivateFolder(dir);
      await createPrivateFile(join(dir, SESSION_SALT), `${randomBytes(32).toString("base64url")}\n`);
    },
  };
}
