import { randomBytes } from "node:crypto";

/** Prefixes of application-made ids; one an entity. */
export const ID_PREFIXES = {
  publisher: "pub",
  person: "per",
  session: "ses",
  changeSet: "cs",
  change: "chg",
  hostRule: "hr",
  device: "dev",
  event: "evt",
  audit: "aud",
  request: "req",
  enrolment: "enr",
  token: "tok",
  document: "doc",
  submission: "sub",
  process: "prc",
} as const;

export type IdKind = keyof typeof ID_PREFIXES;
/** Whether an id was made for this entity: the prefix says it. */
export function isIdOf(kind: IdKind, id: string): boolean {
  return id.startsWith(`${ID_PREFIXES[kind]}_`);
}

export type Ids = { next(kind: IdKind): string };

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

const POOL_BYTES = 4096;
let pool = Buffer.alloc(0);
let used = 0;

/** Random bytes drawn from the system a pool at a time: each request needs an id, and a draw costs as much as it does. */
function takeRandom(count: number): Uint8Array {
  if (used + count > pool.length) {
    pool = randomBytes(POOL_BYTES);
    used = 0;
  }
  used += count;
  return pool.subarray(used - count, used);
}

/** Ids of 20 random base32 characters (100 bits) behind the entity's prefix: `dev_…`. */
export const randomIds: Ids = {
  next(kind) {
    let text = "";
    for (const byte of takeRandom(20)) text += ALPHABET[byte & 31];
    return `${ID_PREFIXES[kind]}_${text}`;
  },
};
