import { inArray, sql } from "drizzle-orm";
import { devices } from "@/db/schema";
import type { Store } from "@/db/store";

export type DeviceStanding = { id: string; revokedAt: Date | null };
export type DeviceReader = {
  /** The device's row as it is now; null where there is none. */
  find(deviceId: string): Promise<DeviceStanding | null>;
};

type Waiting = { resolve(row: DeviceStanding | null): void; reject(error: unknown): void };

/** Least time between the starts of two queries: a publish brings every device's request within a moment. */
const GAP_MS = 8;

/**
 * Reads devices' rows for authentication. Every request is answered by a reading of the store that began after it, so
 * that a revocation acts at once; requests of the same moment share one query.
 */
export function createDeviceReader(store: Pick<Store, "db">): DeviceReader {
  let waiting = new Map<string, Waiting[]>();
  let startedAt = Number.NEGATIVE_INFINITY;

  function schedule(): void {
    const waitMs = startedAt + GAP_MS - performance.now();
    if (waitMs <= 0) setImmediate(readAll);
    else setTimeout(readAll, waitMs);
  }

  async function readAll(): Promise<void> {
    startedAt = performance.now();
    const asked = waiting;
    waiting = new Map();
    try {
      // One parameter however many are asked for: a list of two hundred costs more to write than to answer.
      const ids = sql`(select jsonb_array_elements_text(${JSON.stringify([...asked.keys()])}::text::jsonb))`;
      const rows = await store.db
        .select({ id: devices.id, revokedAt: devices.revokedAt })
        .from(devices)
        .where(inArray(devices.id, ids));
      const found = new Map(rows.map((row) => [row.id, row]));
      for (const [id, askers] of asked) for (const asker of askers) asker.resolve(found.get(id) ?? null);
    } catch (error) {
      for (const askers of asked.values()) for (const asker of askers) asker.reject(error);
    }
  }

  return {
    find(deviceId) {
      return new Promise((resolve, reject) => {
        if (waiting.size === 0) schedule();
        const askers = waiting.get(deviceId) ?? [];
        askers.push({ resolve, reject });
        waiting.set(deviceId, askers);
      });
    },
  };
}
