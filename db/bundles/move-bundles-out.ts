import { and, asc, eq, isNotNull, sql } from "drizzle-orm";
import { AppError } from "@/lib/platform/errors";
import { bundles } from "../schema";
import type { Store } from "../store";
import type { BundleFiles } from "./bundle-files";

/** Bytes of a row that are read at once: no statement holds the database for longer than it takes to hand these over. */
const PIECE_BYTES = 512 * 1024;

/**
 * Moves the bytes of one bundle of before out of its row into a file, and answers whether there was one. The row lets go
 * of them only when the file was read back from the disk and has the row's signature, so whoever is killed at it has lost
 * nothing; safe to repeat.
 */
export async function moveBundleOut(store: Store, files: BundleFiles): Promise<boolean> {
  const [row] = await store.db
    .select({ sha256: bundles.sha256, sizeBytes: bundles.sizeBytes, signature: bundles.signature })
    .from(bundles)
    .where(isNotNull(bundles.content))
    .orderBy(asc(bundles.createdAt), asc(bundles.sha256))
    .limit(1);
  if (row === undefined) return false;
  const { sha256 } = row;
  if ((await files.check(sha256)) === "kept") await files.sign(sha256, row.signature);
  else {
    const staged = await files.stage(contentOf(store, row));
    try {
      await staged.keep(sha256, row.signature);
    } finally {
      await staged.drop();
    }
  }
  const state = await files.check(sha256);
  // What the database itself had changed is told, and kept as it is: the file says no less than the row did.
  await store.transaction(({ db }) =>
    db
      .update(bundles)
      .set({ content: null, state })
      // One that was signed anew meanwhile is moved at the next turn.
      .where(and(eq(bundles.sha256, sha256), eq(bundles.signature, row.signature), sql`${state} <> 'missing'`)),
  );
  return true;
}

/** The bytes of a bundle that is no file yet, piece by piece. */
export async function* contentOf(
  store: Pick<Store, "db">,
  { sha256, sizeBytes }: { sha256: string; sizeBytes: number },
  pieceBytes = PIECE_BYTES,
): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < sizeBytes; from += pieceBytes) {
    const piece = sql<Uint8Array | null>`substring(${bundles.content} from ${from + 1} for ${pieceBytes})`;
    const [row] = await store.db
      .select({ piece: piece.mapWith(bundles.content) })
      .from(bundles)
      .where(eq(bundles.sha256, sha256));
    if (row?.piece == null) throw new AppError("unavailable", "A bundle became a file while its row was read.");
    yield row.piece;
  }
}
