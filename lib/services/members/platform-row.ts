import { platform } from "@/db/schema";
import type { Database } from "@/db/store";
import { AppError } from "@/lib/platform/errors";

/** The platform's one row. Raises `unavailable` before the first start has written it. */
export async function readPlatformRow(db: Database): Promise<typeof platform.$inferSelect> {
  const [row] = await db.select().from(platform).limit(1);
  if (row === undefined) throw new AppError("unavailable", "This platform is not set up yet.");
  return row;
}
