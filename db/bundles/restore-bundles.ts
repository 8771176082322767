import { bundles } from "../schema";
import type { Database } from "../store";
import { wordsOf } from "../store-fault";
import { type BundleFiles, keepBundle, piecesOf, type SpareBundles } from "./bundle-files";
import { type JudgedBundle, judgeBundle } from "./judge-bundle";
import { judgeBytes } from "./judge-bytes";
import { type NamedBundle, readNamedBundles, type Signer } from "./named-bundles";

/** What became of bundles that were not whole; `missing` names versions in words, with the reason. */
export type RestoredBundles = { restored: number; missing: string[] };

/** What bundles' rows are read and written by. */
export type BundleRows = { db: Database; write(work: (db: Database) => Promise<unknown>): Promise<unknown> };

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
 * names, of one that needs them where there is one, come back. Safe to repeat.
 */
export async function restoreBundles(
  { db, write }: BundleRows,
  files: BundleFiles,
  { spare = null, reads, at }: Options,
): Promise<RestoredBundles> {
  const there = await files.list();
  const missing = new Map<string, { named: NamedBundle; why: string }>();
  let restored = 0;
  const putRow = async (named: NamedBundle, sizeBytes: number, signed: { signature: Uint8Array; signer: Signer }) => {
    const { signature, signer } = signed;
    const found = { signature, kid: signer.kid, state: "kept" as const, checkedAt: null };
    const row = { sha256: named.sha256, sizeBytes, createdAt: new Date(signer.submittedAt), verifiedAt: at, ...found };
    await write((tx) => tx.insert(bundles).values(row).onConflictDoUpdate({ target: bundles.sha256, set: found }));
    restored += 1;
  };
  for (const named of await readNamedBundles(db)) {
    const { sha256, row } = named;
    if (!isLookedAt(named, there, reads)) continue;
    const { faults, signed } = await judgeReadable(db, files, named);
    if (signed === null) {
      if (named.isNeeded) missing.set(sha256, { named, why: faults.at(-1) ?? "nobody signed it" });
      continue;
    }
    const sizeBytes = row?.sizeBytes ?? (await files.sizeOf(sha256)) ?? 0;
    if (row?.isInRow !== true) await files.sign(sha256, signed.signature);
    if (faults.length > 0 || row?.state !== "kept") await putRow(named, sizeBytes, signed);
  }
  const asked = new Set(missing.keys());
  for await (const { sha256, content, signature } of spare === null || asked.size === 0 ? [] : spare(asked)) {
    const named = missing.get(sha256)?.named;
    if (named === undefined) continue;
    const signatures = [signature];
    const judged = await judgeBytes(piecesOf(content), { sha256, signers: named.signers, signatures });
    const [signed] = judged.signed;
    if (!judged.isSame || signed == null) continue;
    await keepBundle(files, sha256, { content, signature });
    await putRow(named, content.length, signed);
    missing.delete(sha256);
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

/** One that cannot be read is not there: it keeps no store from opening, and no other from being looked at. */
async function judgeReadable(db: Database, files: BundleFiles, named: NamedBundle): Promise<JudgedBundle> {
  try {
    return await judgeBundle(db, files, named);
  } catch (error) {
    return { faults: [`it cannot be read, ${wordsOf(error)}`], state: "missing", signed: null };
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
