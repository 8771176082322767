import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";

const COST = 2 ** 15;
const BLOCK_SIZE = 8;
const PARALLELISM = 1;
const KEY_BYTES = 32;
const MEMORY_BYTES_MAX = 128 * COST * BLOCK_SIZE * 2;

/** Passwords are 12 to 256 characters; nothing else is asked of them (ASVS 6.2.1, 6.2.9). */
export const PASSWORD_LENGTH_MIN = 12;
export const PASSWORD_LENGTH_MAX = 256;

function derive(password: string, salt: Buffer, cost: number, blockSize: number, parallelism: number): Promise<Buffer> {
  const options = { N: cost, r: blockSize, p: parallelism, maxmem: MEMORY_BYTES_MAX };
  return new Promise((resolve, reject) => {
    scrypt(password.normalize("NFC"), salt, KEY_BYTES, options, (error, key) => (error ? reject(error) : resolve(key)));
  });
}

/** `scrypt$N$r$p$salt$hash`, both in base64url. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(password, salt, COST, BLOCK_SIZE, PARALLELISM);
  return ["scrypt", COST, BLOCK_SIZE, PARALLELISM, salt.toString("base64url"), key.toString("base64url")].join("$");
}

/** A hash that no password matches; checked when there is no such account, so that both answers take as long. */
const NOBODY = `scrypt$${COST}$${BLOCK_SIZE}$${PARALLELISM}$${"A".repeat(22)}$${"A".repeat(43)}`;

/** False for a wrong password and for a missing or unreadable hash, in the same time. */
export async function matchesPassword(password: string, stored: string | null): Promise<boolean> {
  const [scheme, cost, blockSize, parallelism, salt, hash] = (stored ?? NOBODY).split("$");
  if (scheme !== "scrypt" || salt === undefined || hash === undefined) return matchesPassword(password, NOBODY);
  const expected = Buffer.from(hash, "base64url");
  const key = await derive(
    password.slice(0, PASSWORD_LENGTH_MAX),
    Buffer.from(salt, "base64url"),
    Number(cost),
    Number(blockSize),
    Number(parallelism),
  );
  return stored !== null && key.length === expected.length && timingSafeEqual(key, expected);
}
