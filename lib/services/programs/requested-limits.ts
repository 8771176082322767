import { and, eq, sql } from "drizzle-orm";
import { holdsCode } from "@/db/held-codes";
import { versions } from "@/db/schema";
import type { Database } from "@/db/store";

/** What the newest version asks for in its manifest (`bulkhead_limits`, spec §2). */
export async function requestedLimits(db: Database, appId: string): Promise<Partial<Record<string, number>>> {
  const [row] = await db
    .select({ manifest: versions.manifest })
    .from(versions)
    .where(and(eq(versions.appId, appId), holdsCode()))
    .orderBy(sql`${versions.code} desc`)
    .limit(1);
  const wished = row?.manifest.bulkhead_limits;
  // Safe: the manifest was validated when it was handed in, so this member is a record of integers.
  return typeof wished === "object" && wished !== null ? (wished as Record<string, number>) : {};
}
