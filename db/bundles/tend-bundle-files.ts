import { eq, inArray } from "drizzle-orm";
import { bundles } from "../schema";
import type { Store } from "../store";

/** What one piece of work may read and write at most: it runs beside everything else. */
const PIECE = { bundles: 50, bytes: 64 * 1024 * 1024, files: 200 } as const;

/**
 * One piece of keeping bundles' files and rows the same: writes files of bundles that have none (submitted before there
 * were files), and removes files that nothing names (a submission that was refused at the end, or killed). Each bundle
 * is read by itself. Answers what it did; zeros when there is nothing left to do.
 */
export async function tendBundleFiles(store: Store): Promise<{ written: number; removed: number }> {
  const { bundleFiles: files } = store;
  if (files === null) return { written: 0, removed: 0 };
  const { whole, leftOver } = await files.list();
  const rows = await store.db.select({ sha256: bundles.sha256, sizeBytes: bundles.sizeBytes }).from(bundles);
  const known = new Set(rows.map(({ sha256 }) => sha256));

  let written = 0;
  let bytes = 0;
  for (const { sha256, sizeBytes } of rows) {
    if (whole.has(sha256)) continue;
    if (written >= PIECE.bundles || (written > 0 && bytes + sizeBytes > PIECE.bytes)) break;
    const [bundle] = await store.db.select().from(bundles).where(eq(bundles.sha256, sha256));
    if (bundle === undefined) continue;
    const staged = await files.stage(sha256, bundle);
    try {
      await staged.keep();
    } finally {
      await staged.drop();
    }
    written += 1;
    bytes += sizeBytes;
  }

  const suspects = [...whole].filter((sha256) => !known.has(sha256)).slice(0, PIECE.files);
  if (suspects.length === 0 && leftOver.length === 0) return { written, removed: 0 };
  // A submission gives its files their names inside its transaction: inside this one there is none in between.
  return store.transaction(async ({ db }) => {
    const named = await db.select({ sha256: bundles.sha256 }).from(bundles).where(inArray(bundles.sha256, suspects));
    const orphans = suspects.filter((sha256) => !named.some((row) => row.sha256 === sha256));
    for (const sha256 of orphans) await files.remove(sha256);
    const halves = (await files.list()).leftOver.filter((name) => leftOver.includes(name)).slice(0, PIECE.files);
    for (const name of halves) await files.removeLeftOver(name);
    return { written, removed: orphans.length + halves.length };
  });
}
