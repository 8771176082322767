import { sql } from "drizzle-orm";
import { rowsOf } from "@/db/rows";
import { seenCauses, type telemetryMinutes } from "@/db/schema";
import type { Database, Transaction } from "@/db/store";
import { insertRows, isAnyOf } from "@/db/write-rows";
import { OTHER } from "@/native/core/telemetry/other";
import { aboutOf } from "./details-of-minute";

/** What one device told of a program, and when it came. */
export type ToldCauses = {
  minutes: readonly Pick<typeof telemetryMinutes.$inferInsert, "appId" | "denials">[];
  at: Date;
};

const DAY_MS = 86_400_000;
/** New causes of a program that are noted in a day: a device can make up any number of them. */
const NEW_A_DAY = 1_000;

/** Causes that were told of, each once, with when it first was among these. */
export type SeenCauses = ReadonlyMap<string, Noted>;

/** Each cause of what was told once, with the first moment at which it was taken in. Pure. */
export function gatherCauses(told: readonly ToldCauses[]): SeenCauses {
  const seen = new Map<string, Noted>();
  for (const { minutes, at } of told) {
    for (const { appId, denials } of minutes) {
      for (const denial of denials) {
        const cause = String(denial.cause);
        const key = keyOf({ appId, cause });
        if (cause === OTHER || seen.has(key)) continue;
        seen.set(key, { appId, cause, firstSeenAt: at, lastSeenAt: at, about: aboutOf("cause", denial) });
      }
    }
  }
  return seen;
}

/**
 * Notes since when causes are known, by the platform's clock, whatever time devices tell. A cause that is known is written once a day,
 * and none that need not be: a conflict locks its row, for which all would wait who tell of one cause. Written in the order of the
 * table's key, so that no two transactions wait for each other.
 */
export async function noteCauses(tx: Transaction, seen: SeenCauses): Promise<void> {
  if (seen.size === 0) return;
  const { appId, cause, lastSeenAt } = seenCauses;
  const rows = await tx.db
    .select({ appId, cause, lastSeenAt })
    .from(seenCauses)
    .where(isAnyOf(seenCauses, ["appId", "cause"], [...seen.values()]));
  const known = new Map(rows.map((row) => [keyOf(row), row.lastSeenAt.getTime()]));
  const stale = [...seen].flatMap(([key, row]) => {
    const lastMs = known.get(key);
    return lastMs !== undefined && lastMs < row.lastSeenAt.getTime() - DAY_MS ? [row] : [];
  });
  const isNew = [...seen].flatMap(([key, row]) => (known.has(key) ? [] : [row]));
  const noted = [...stale, ...(await withinDay(tx.db, isNew))];
  if (noted.length === 0) return;
  await insertRows(
    tx.db,
    seenCauses,
    noted,
    sql`order by told.app_id, told.cause
        on conflict (app_id, cause) do update set last_seen_at = excluded.last_seen_at
          where ${lastSeenAt} < excluded.last_seen_at - interval '1 day'`,
  );
}

type Noted = typeof seenCauses.$inferInsert;
const keyOf = ({ appId, cause }: Pick<Noted, "appId" | "cause">) => `${appId} ${cause}`;

/** As many of these as their programs have room for in the day before the newest of them. */
async function withinDay(db: Database, rows: readonly Noted[]): Promise<Noted[]> {
  if (rows.length === 0) return [];
  const newestMs = rows.reduce((newest, { lastSeenAt }) => Math.max(newest, lastSeenAt.getTime()), 0);
  const appIds = JSON.stringify([...new Set(rows.map(({ appId }) => appId))]);
  const counted = await rowsOf<{ app_id: string; noted: number | string }>(
    db,
    sql`select asked.app_id, (select count(*) from (
          select 1 from ${seenCauses} as lately
          where lately.app_id = asked.app_id and lately.first_seen_at > ${new Date(newestMs - DAY_MS).toISOString()}::timestamptz
          limit ${NEW_A_DAY}
        ) as new_ones) as noted
        from jsonb_array_elements_text(${appIds}::jsonb) as asked(app_id)`,
  );
  const room = new Map(counted.map(({ app_id: appId, noted }) => [appId, NEW_A_DAY - Number(noted)]));
  return rows.filter(({ appId }) => {
    const left = room.get(appId) ?? 0;
    room.set(appId, left - 1);
    return left > 0;
  });
}
