import { inArray } from "drizzle-orm";
import { telemetrySources } from "@/db/schema";
import type { Database } from "@/db/store";
import { invariant } from "@/lib/platform/errors";

export type SourceKey = Omit<typeof telemetrySources.$inferSelect, "id">;

const KEY = ["deviceId", "appId", "versionCode", "runtimeKind", "runtimeVersion", "labels"] as const;
const textOf = (key: SourceKey): string => JSON.stringify(KEY.map((name) => key[name]));

/** The number of each source, made where it is new. Keys may repeat. */
export async function numberSources(db: Database, keys: readonly SourceKey[]): Promise<(key: SourceKey) => number> {
  const wanted = new Map(keys.map((key) => [textOf(key), key]));
  const numbers = new Map<string, number>();
  const read = async () => {
    const deviceIds = [...new Set(keys.map(({ deviceId }) => deviceId))];
    const rows = await db.select().from(telemetrySources).where(inArray(telemetrySources.deviceId, deviceIds));
    for (const row of rows) numbers.set(textOf(row), row.id);
  };
  if (wanted.size > 0) await read();
  const missing = [...wanted].filter(([text]) => !numbers.has(text)).map(([, key]) => key);
  if (missing.length > 0) {
    await db.insert(telemetrySources).values(missing).onConflictDoNothing();
    await read();
  }
  return (key) => {
    const found = numbers.get(textOf(key));
    invariant(found !== undefined, "a source that was written is there");
    return found;
  };
}
