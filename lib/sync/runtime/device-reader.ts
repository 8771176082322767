import { inArray, sql } from "drizzle-orm";
import { devices } from "@/db/schema";
import type { Store } from "@/db/store";
import { gatherReadings } from "../gathered-reading";

export type DeviceReader = {
  /** Whether the device is revoked, by its row as it is now; null where there is none. */
  find(deviceId: string): Promise<{ isRevoked: boolean } | null>;
};

/**
 * Reads devices' rows for authentication. Every request is answered by a reading of the store that began after it, so
 * that a revocation acts at once; requests of the same moment share one query.
 */
export function createDeviceReader(store: Pick<Store, "in">): DeviceReader {
  // A document that was just published is fetched with it: it waits for nobody who looks at a page.
  const { db } = store.in("decide");
  const ask = gatherReadings(async (asked) => {
    // One parameter however many are asked for: a list of two hundred costs more to write than to answer.
    const ids = sql`(select jsonb_array_elements_text(${JSON.stringify(asked)}::text::jsonb))`;
    const rows = await db
      .select({ id: devices.id, revokedAt: devices.revokedAt })
      .from(devices)
      .where(inArray(devices.id, ids));
    return new Map(rows.map(({ id, revokedAt }) => [id, { isRevoked: revokedAt !== null }]));
  });
  return { find: async (deviceId) => (await ask([deviceId])).get(deviceId) ?? null };
}
