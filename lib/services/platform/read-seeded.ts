import { platform } from "@/db/schema";
import type { Database } from "@/db/store";

/** Until when this platform's past was made for a demo; null where it was lived. */
export async function readSeededUntil(db: Database): Promise<string | null> {
  const [place] = await db.select({ seededUntil: platform.seededUntil }).from(platform).limit(1);
  return place?.seededUntil?.toISOString() ?? null;
}
