import { and, eq } from "drizzle-orm";
import { bundles, versions } from "@/db/schema";
import type { Database } from "@/db/store";

export type ServedBundle = { content: Uint8Array; signature: Uint8Array };

/** A bundle that some program lists. What was only submitted, refused or withdrawn is not there for a device: null. */
export async function findListedBundle(db: Database, sha256: string): Promise<ServedBundle | null> {
  const [row] = await db
    .select({ content: bundles.content, signature: bundles.signature })
    .from(bundles)
    .innerJoin(versions, and(eq(versions.sha256, bundles.sha256), eq(versions.state, "listed")))
    .where(eq(bundles.sha256, sha256))
    .limit(1);
  return row ?? null;
}

/** Whether a device may have this bundle, without reading its bytes. */
export async function isListedBundle(db: Database, sha256: string): Promise<boolean> {
  const [row] = await db
    .select({ sha256: versions.sha256 })
    .from(versions)
    .where(and(eq(versions.sha256, sha256), eq(versions.state, "listed")))
    .limit(1);
  return row !== undefined;
}
