import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { AppError } from "@/lib/platform/errors";

const COST = 2 ** 15;
const BLOCK_SIZE = 8;
const PARALLELISM = 1;
const KEY_BYTES = 32;
const MEMORY_BYTES_MAX = 128 * COST * BLOCK_SIZE * 2;

/** Passwords are 12 to 256 characters; nothing else is asked of them (ASVS 6.2.1, 6.2.9). */
export const PASSWORD_LENGTH_MIN = 12;
export const PASSWORD_LENGTH_MAX = 256;

/** Half of the threads that node keeps for such work: the other half goes on reading files and names. */
const AT_ONCE_MAX = 2;
/** What they get through in about two seconds; whoever came later would rather be told. */
const WAITING_MAX = 32;
const RETRY_AFTER_SECONDS = 2;

type Scrypt = { cost: number; blockSize: number; parallelism: number };
/** Derives a key from a password, beside the thread that answers. */
export type DeriveKey = (password: string, salt: Buffer, scrypt: Scrypt) => Promise<Buffer>;

/** What hashes passwords in one process, so many at once and no more. */
export type Passwords = {
  /** `scrypt$N$r$p$salt$hash`, both in base64url. Raises `unavailable` where too many wait. */
  hash(password: string): Promise<string>;
  /**
   * False for a wrong password and for a missing or unreadable hash, in the same time. Raises `unavailable` where too
   * many wait; the password is then not looked at.
   */
  matches(password: string, stored: string | null): Promise<boolean>;
};

const deriveKey: DeriveKey = (password, salt, { cost, blockSize, parallelism }) =>
  new Promise((resolve, reject) => {
    const options = { N: cost, r: blockSize, p: parallelism, maxmem: MEMORY_BYTES_MAX };
    scrypt(password.normalize("NFC"), salt, KEY_BYTES, options, (error, key) => (error ? reject(error) : resolve(key)));
  });

/** A hash that no password matches; checked when there is no such account, so that both answers take as long. */
const NOBODY = `scrypt$${COST}$${BLOCK_SIZE}$${PARALLELISM}$${"A".repeat(22)}$${"A".repeat(43)}`;

/** One a process: what bounds the work is shared by all who ask for it. */
export function createPasswords(derive: DeriveKey = deriveKey): Passwords {
  const inTurn = createTurns();

  async function matches(password: string, stored: string | null): Promise<boolean> {
    const [scheme, cost, blockSize, parallelism, salt, hash] = (stored ?? NOBODY).split("$");
    if (scheme !== "scrypt" || salt === undefined || hash === undefined) return matches(password, NOBODY);
    const expected = Buffer.from(hash, "base64url");
    const key = await inTurn(() =>
      derive(password.slice(0, PASSWORD_LENGTH_MAX), Buffer.from(salt, "base64url"), {
        cost: Number(cost),
        blockSize: Number(blockSize),
        parallelism: Number(parallelism),
      }),
    );
    return stored !== null && key.length === expected.length && timingSafeEqual(key, expected);
  }

  return {
    async hash(password) {
      const salt = randomBytes(16);
      const key = await inTurn(() =>
        derive(password, salt, { cost: COST, blockSize: BLOCK_SIZE, parallelism: PARALLELISM }),
      );
      return ["scrypt", COST, BLOCK_SIZE, PARALLELISM, salt.toString("base64url"), key.toString("base64url")].join("$");
    },
    matches,
  };
}

/** Runs work, so much at once; the rest waits in the order in which it came. What would wait too long is refused. */
function createTurns(): <T>(work: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running >= AT_ONCE_MAX) {
      if (waiting.length >= WAITING_MAX) {
        throw new AppError("unavailable", "Too many passwords are being checked. Try again in some seconds.", {
          retryAfterSeconds: RETRY_AFTER_SECONDS,
        });
      }
      // Whoever ends hands its place over, so that nobody who comes meanwhile takes it.
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else {
      running += 1;
    }
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
