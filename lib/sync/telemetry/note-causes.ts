import { sql } from "drizzle-orm";
import { seenCauses, type telemetryMinutes } from "@/db/schema";
import type { Transaction } from "@/db/store";
import { insertRows } from "@/db/write-rows";
import { OTHER } from "@/native/core/telemetry/batch";
import { aboutOf } from "./details-of-minute";

/** What one device told of a program, and when it came. */
export type ToldCauses = {
  minutes: readonly Pick<typeof telemetryMinutes.$inferInsert, "appId" | "denials">[];
  at: Date;
};

const DAY_MS = 86_400_000;
/** New causes of a program that are noted in a day: a device can make up any number of them. */
const NEW_A_DAY = 1_000;

/**
 * Notes since when causes are known, by the platform's clock, whatever time devices tell. One statement however many batches there
 * are, in the order of the table's key, so that no two transactions wait for each other; a cause that is known is written once a day.
 */
export async function noteCauses(tx: Transaction, told: readonly ToldCauses[]): Promise<void> {
  const seen = new Map<string, typeof seenCauses.$inferInsert>();
  for (const { minutes, at } of told) {
    for (const { appId, denials } of minutes) {
      for (const denial of denials) {
        const cause = String(denial.cause);
        const key = `${appId} ${cause}`;
        if (cause === OTHER || seen.has(key)) continue;
        seen.set(key, { appId, cause, firstSeenAt: at, lastSeenAt: at, about: aboutOf("cause", denial) });
      }
    }
  }
  if (seen.size === 0) return;
  const [newest] = [...seen.values()].map(({ lastSeenAt }) => lastSeenAt.getTime()).sort((a, b) => b - a);
  const since = new Date((newest ?? 0) - DAY_MS).toISOString();
  await insertRows(
    tx.db,
    seenCauses,
    [...seen.values()],
    sql`where exists (select 1 from ${seenCauses} as known where known.app_id = told.app_id and known.cause = told.cause)
          or (select count(*) from (
                select 1 from ${seenCauses} as lately
                where lately.app_id = told.app_id and lately.first_seen_at > ${since}::timestamptz limit ${NEW_A_DAY}
              ) as new_ones) < ${NEW_A_DAY}
        order by told.app_id, told.cause
        on conflict (app_id, cause) do update set last_seen_at = excluded.last_seen_at
          where ${seenCauses.lastSeenAt} < excluded.last_seen_at - interval '1 day'`,
  );
}
