import { and, eq, isNotNull } from "drizzle-orm";
import type { BundleFiles } from "@/db/bundles/bundle-files";
import { contentOf } from "@/db/bundles/move-bundles-out";
import { bundles, versions } from "@/db/schema";
import type { Store } from "@/db/store";
import { AppError } from "@/lib/platform/errors";
import type { Logger } from "@/lib/platform/logger";

export type ListedBundle = { sha256: string; sizeBytes: number; signature: Uint8Array | null; isInRow: boolean };

/**
 * What is said of a bundle that some program lists, without its bytes. What was only submitted, refused or withdrawn is
 * not there for a device: null.
 */
export async function findListedBundle({ db }: Pick<Store, "db">, sha256: string): Promise<ListedBundle | null> {
  const [row] = await db
    .select({
      sha256: versions.sha256,
      sizeBytes: versions.sizeBytes,
      signature: bundles.signature,
      isInRow: isNotNull(bundles.content).mapWith(Boolean),
    })
    .from(versions)
    .leftJoin(bundles, eq(bundles.sha256, versions.sha256))
    .where(and(eq(versions.sha256, sha256), eq(versions.state, "listed")))
    .limit(1);
  return row ?? null;
}

/**
 * The bytes of a listed bundle, piece by piece, from its file; of one of before from its row until it is a file. They are
 * held against nothing here: devices verify, and files are read again in the background. Raises `unavailable`, with the
 * reason in the log, where there are no bytes, or not as many as were submitted.
 */
export async function openListedBundle(
  ctx: { store: Pick<Store, "db">; bundles: BundleFiles; logger: Logger },
  { sha256, sizeBytes, isInRow }: ListedBundle,
): Promise<AsyncIterable<Uint8Array>> {
  const found = await ctx.bundles.sizeOf(sha256);
  if (found === sizeBytes) return ctx.bundles.stream(sha256);
  if (isInRow) return contentOf(ctx.store, { sha256, sizeBytes });
  ctx.logger("error", "bundle_not_served", { sha256, sizeBytes, found });
  throw new AppError("unavailable", "The file of this bundle is not there, or was changed.");
}
