import { isDeepStrictEqual } from "node:util";
import { bundles } from "../schema";
import type { Database } from "../store";
import { wordsOf } from "../store-fault";
import { type BundleFiles, piecesOf, type SpareBundles } from "./bundle-files";
import { type JudgedBundle, judgeBundle } from "./judge-bundle";
import { judgeBytes } from "./judge-bytes";
import { type NamedBundle, readNamedBundles } from "./named-bundles";

/** What became of bundles that were not whole; `missing` names versions in words, with the reason. */
export type RestoredBundles = { restored: number; missing: string[] };

/**
 * What bundles' rows are read and written by. Beside servers `write` works behind the lock behind which they take bundles
 * in and remove them.
 */
export type BundleRows = { db: Database; write<T>(work: (db: Database) => Promise<T>): Promise<T> };

/** A bundle that can be made whole, and how. */
type Whole = {
  signed: NonNullable<JudgedBundle["signed"]>;
  sizeBytes: number;
  /** Whether its row is to be written; otherwise its file alone is. */
  hasFaults: boolean;
  writeFile(): Promise<void>;
};

const unwritten = (error: unknown): string =>
  `it cannot be written, ${wordsOf(error instanceof Error && error.cause !== undefined ? error.cause : error)}`;

type Options = {
  /** Where bytes are taken from that have no file, or a changed one. */
  spare?: SpareBundles | null;
  /** Those of which something is known to be wrong by their rows and their files' names; or all, whose bytes are then read. */
  reads: "doubtful" | "all";
  at: Date;
};

/**
 * Makes bundles that versions name whole again: rows from their files, signatures of rows and files from each other, and
 * from `spare` what has no file, or a changed one. Only bytes with that digest and a signature of the key that a version
 * names, of one that needs them where there is one, come back; none whose row others changed meanwhile. Safe to repeat.
 */
export async function restoreBundles(
  { db, write }: BundleRows,
  files: BundleFiles,
  { spare = null, reads, at }: Options,
): Promise<RestoredBundles> {
  const there = await files.list();
  const missing = new Map<string, { named: NamedBundle; why: string }>();
  let restored = 0;

  /** Writes file and row, unless the row is not any more what was judged; a file that cannot be written keeps no other back. */
  async function put(named: NamedBundle, { signed, sizeBytes, hasFaults, writeFile }: Whole): Promise<void> {
    const { sha256 } = named;
    const outcome = await write(async (tx) => {
      const [now] = await readNamedBundles(tx, [sha256]);
      if (!isDeepStrictEqual(now?.row, named.row)) return "changed meanwhile";
      try {
        await writeFile();
      } catch (error) {
        return { why: unwritten(error) };
      }
      if (!hasFaults) return "whole already";
      const { signature, signer } = signed;
      const found = { signature, kid: signer.kid, state: "kept" as const, checkedAt: null };
      const row = { sha256, sizeBytes, createdAt: new Date(signer.submittedAt), verifiedAt: at, ...found };
      await tx.insert(bundles).values(row).onConflictDoUpdate({ target: bundles.sha256, set: found });
      return "restored";
    });
    if (typeof outcome === "object") {
      if (named.isNeeded) missing.set(sha256, { named, why: outcome.why });
      return;
    }
    if (outcome === "restored") restored += 1;
    missing.delete(sha256);
  }

  for (const named of await readNamedBundles(db)) {
    const { sha256, row } = named;
    if (!isLookedAt(named, there, reads)) continue;
    const { faults, signed, sizeBytes, isSigned } = await judgeReadable(db, files, named);
    if (signed === null) {
      if (named.isNeeded) missing.set(sha256, { named, why: faults.at(-1) ?? "nobody signed it" });
      continue;
    }
    const hasFaults = faults.length > 0 || row?.state !== "kept";
    if (!hasFaults && isSigned) continue;
    const writeFile = async () => {
      if (row?.isInRow !== true) await files.sign(sha256, signed.signature);
    };
    await put(named, { signed, sizeBytes, hasFaults, writeFile });
  }
  const asked = new Set(missing.keys());
  for await (const { sha256, content, signature } of spare === null || asked.size === 0 ? [] : spare(asked)) {
    const named = missing.get(sha256)?.named;
    if (named === undefined) continue;
    const signatures = [signature];
    const judged = await judgeBytes(piecesOf(content), { sha256, signers: named.signers, signatures });
    const [signed] = judged.signed;
    if (!judged.isSame || signed == null) continue;
    const staged = await files.stage(piecesOf(content)).catch((error: unknown) => unwritten(error));
    if (typeof staged === "string") {
      missing.set(sha256, { named, why: staged });
      continue;
    }
    try {
      const writeFile = () => staged.keep(sha256, signature);
      await put(named, { signed, sizeBytes: content.length, hasFaults: true, writeFile });
    } finally {
      await staged.drop();
    }
  }
  const words = [...missing.values()].map(({ named, why }) => `${named.words} (${named.sha256}: ${why})`);
  return { restored, missing: words };
}

function isLookedAt(
  { sha256, isNeeded, row }: NamedBundle,
  there: ReadonlySet<string>,
  reads: Options["reads"],
): boolean {
  if (row?.state === "removed" && !isNeeded) return false;
  if (reads === "all") return true;
  if (row === null || row.state === "removed") return true;
  return !row.isInRow && (row.state === "changed" || !there.has(sha256));
}

type Judged = JudgedBundle & {
  sizeBytes: number;
  /** Whether its file has the signature that it is to have. */
  isSigned: boolean;
};

/** One that cannot be read is not there: it keeps no store from opening, and no other from being looked at. */
async function judgeReadable(db: Database, files: BundleFiles, named: NamedBundle): Promise<Judged> {
  const { sha256, row } = named;
  try {
    const judged = await judgeBundle(db, files, named);
    const beside = row?.isInRow === true ? judged.signed?.signature : await files.signatureOf(sha256);
    const isSigned = beside != null && Buffer.from(beside).equals(judged.signed?.signature ?? new Uint8Array());
    return { ...judged, sizeBytes: row?.sizeBytes ?? (await files.sizeOf(sha256)) ?? 0, isSigned };
  } catch (error) {
    const faults = [`it cannot be read, ${wordsOf(error)}`];
    return { faults, state: "missing", signed: null, sizeBytes: 0, isSigned: false };
  }
}

/** A bundle that a version needs and that is not whole, and everything that is wrong with it, in words. */
export type BundleDamage = { sha256: string; found: string };

/** Reads the bytes of every bundle that a version needs, and holds row, file and signatures against each other. */
export async function findDamagedBundles(db: Database, files: BundleFiles): Promise<BundleDamage[]> {
  const damages: BundleDamage[] = [];
  for (const first of await readNamedBundles(db)) {
    if (!first.isNeeded || (await judgeReadable(db, files, first)).faults.length === 0) continue;
    // Once more as it is now: beside servers one may have been taken back while it was read.
    const [named] = await readNamedBundles(db, [first.sha256]);
    if (named?.isNeeded !== true) continue;
    const { faults } = await judgeReadable(db, files, named);
    const { sha256, words } = named;
    if (faults.length > 0) damages.push({ sha256, found: `${words} (${sha256}): ${faults.join(", ")}` });
  }
  return damages;
}
