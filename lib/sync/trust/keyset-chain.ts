import { asc, desc } from "drizzle-orm";
import { keysets } from "@/db/schema";
import type { Database } from "@/db/store";
import { AppError } from "@/lib/platform/errors";
import { canonicalJson } from "@/native/core/audit/canonical-json";
import { type RootTrust, verifyKeyset } from "@/native/core/documents/verify-keyset";
import type { KeysetClaims } from "@/native/core/shapes/claims";
import { nodeCrypto } from "@/native/node/crypto";
import { readKeysetText } from "./keyset-text";
import { rootsOf } from "./root-thumbprints";

export type WalkedKeyset = { jws: string; claims: KeysetClaims };
/** What is wrong with the stored keysets, and from which revision on. */
export type KeysetFault = { revision: number; says: string; remedy: string };
export type KeysetWalk = { keysets: readonly WalkedKeyset[]; fault: KeysetFault | null };

/** The keysets of a store, believed for their signatures alone, from root keys that are named outside the database. */
export type KeysetChain = {
  /** The root keys that the walk begins at; null where none are named here, and the first keyset is its own witness. */
  roots(): RootTrust | null;
  /** Names them; done once, when a platform is made or was upgraded. */
  pin(roots: RootTrust): void;
  /**
   * Those that verify, oldest first, each from the one before and the first from the roots; and the first that does not,
   * that lies no more where this process has seen one, or that is older than the copy beside the keys.
   */
  walk(db: Database): Promise<KeysetWalk>;
  /** The same outside a transaction; what verifies is remembered, so that it is missed once it is gone. */
  observe(db: Database): Promise<KeysetWalk>;
  /** All of them. Raises `unavailable`, naming the fault, where one does not verify. */
  require(db: Database): Promise<readonly WalkedKeyset[]>;
  /**
   * The newest that verifies: by the walk, where that is faulty as this process saw it before, by the copy beside the keys or a
   * row that the root keys themselves signed, and at last as it stands: stopping waits for no row, and devices judge for
   * themselves. Null before there is one.
   */
  newest(db: Database): Promise<KeysetClaims | null>;
  /** The newest, beside those that verify, as of one reading. */
  stand(db: Database): Promise<{ newest: KeysetClaims | null; keysets: readonly WalkedKeyset[] }>;
};

/** Every step verifies whatever the clock says: an expired keyset verifies its successor. */
const AFTER_ALL = Number.MAX_SAFE_INTEGER;
const STEPS_KEPT = 4_096;

const faultOf = (revision: number, what: string): KeysetFault => ({
  revision,
  says: `Keyset ${revision} of the database ${what}: somebody changed rows of the database, or they were lost.`,
  remedy:
    "Nothing that it would carry is handed out; suspending goes on. Restore a backup; where the row is gone, lay the signed keyset into DATA/keys/inbox again (docs/guides/operations.md). Where no row was changed, keys/roots.json was: put it back.",
});

export type KeysetChainOptions = {
  roots: RootTrust | null;
  /** The text of the newest keyset that a process of this platform kept beside the keys; null where there is none. */
  readCopy?: () => Promise<string | null>;
};

export function createKeysetChain(options: KeysetChainOptions): KeysetChain {
  let roots = options.roots;
  let seen: readonly WalkedKeyset[] = [];
  /** Claims by the bytes of a step and of the one before. */
  const verified = new Map<string, KeysetClaims>();

  async function verifyStep(jws: string, previous: WalkedKeyset | undefined): Promise<KeysetClaims | null> {
    const name = `${previous?.jws ?? ""}\n${jws}`;
    const known = verified.get(name);
    if (known !== undefined) return known;
    const told = readKeysetText(jws);
    if (told === null) return null;
    const trusted = previous?.claims ?? roots ?? (await rootsOf(told));
    const platform = previous?.claims.platform ?? told.platform;
    const verdict = verifyKeyset({ jws, trusted, platform, now: AFTER_ALL, crypto: nodeCrypto });
    const claims = verdict.result === "accepted" ? verdict.document.claims : verdict.expired?.claims;
    if (claims === undefined) return null;
    if (verified.size >= STEPS_KEPT) verified.clear();
    verified.set(name, claims);
    return claims;
  }

  async function walk(db: Database): Promise<KeysetWalk> {
    const [rows, copy] = await Promise.all([
      db.select().from(keysets).orderBy(asc(keysets.revision)),
      options.readCopy?.() ?? null,
    ]);
    const walked: WalkedKeyset[] = [];
    const faulty = (what: string): KeysetWalk => ({ keysets: walked, fault: faultOf(walked.length + 1, what) });
    for (const row of rows) {
      const before = seen[walked.length];
      if (row.revision !== walked.length + 1) return faulty("is not there");
      if (before !== undefined && before.jws !== row.jws) return faulty("is another one than before");
      const claims = await verifyStep(row.jws, walked.at(-1));
      if (claims === null)
        return faulty(
          walked.length === 0
            ? "is not signed by the root keys named here"
            : "is not signed by the root keys of the one before",
        );
      const isRow =
        claims.revision === row.revision &&
        claims.epoch === row.epoch &&
        claims.exp === row.expiresAtSeconds &&
        canonicalJson(claims) === canonicalJson(row.claims);
      if (!isRow) return faulty("says other things in its columns than in what was signed");
      walked.push({ jws: row.jws, claims });
    }
    if (walked.length < seen.length) return faulty("is not there any more");
    const copied = copy === null ? 0 : (readKeysetText(copy)?.revision ?? 0);
    if (walked.length < copied) return faulty("is not there, and a copy lies beside the keys");
    return { keysets: walked, fault: null };
  }

  async function newestAlone(db: Database): Promise<KeysetClaims | null> {
    const rows = await db.select().from(keysets).orderBy(desc(keysets.revision));
    const copy = (await options.readCopy?.()) ?? null;
    for (const jws of [...(copy === null ? [] : [copy]), ...rows.map((row) => row.jws)]) {
      const claims = roots === null ? null : await verifyStep(jws, undefined);
      if (claims !== null) return claims;
    }
    return rows[0]?.claims ?? null;
  }

  async function observe(db: Database): Promise<KeysetWalk> {
    const found = await walk(db);
    if (found.fault === null) seen = found.keysets;
    return found;
  }

  async function stand(db: Database) {
    const { keysets: found, fault } = await walk(db);
    if (fault === null) return { newest: found.at(-1)?.claims ?? null, keysets: found };
    const known = seen.length > found.length ? seen : found;
    return { newest: known.at(-1)?.claims ?? (await newestAlone(db)), keysets: found };
  }

  return {
    roots: () => roots,
    pin(named) {
      roots = named;
      verified.clear();
    },
    walk,
    observe,
    async require(db) {
      const { keysets: found, fault } = await observe(db);
      if (fault === null) return found;
      throw new AppError("unavailable", `${fault.says} ${fault.remedy}`, {
        details: [{ path: "/keyset", code: "KEYSET_NOT_VERIFIED", message: `Keyset ${fault.revision}.` }],
      });
    },
    newest: async (db) => (await stand(db)).newest,
    stand,
  };
}
