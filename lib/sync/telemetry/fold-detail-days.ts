import { and, asc, eq, gte, inArray, lt, lte, ne, sql } from "drizzle-orm";
import { DETAIL_KINDS, type DetailKind, detailDays, hourDetails } from "@/db/schema";
import type { Database, Store } from "@/db/store";
import { sumOf } from "@/db/sums";
import { isAnyOf } from "@/db/write-rows";
import { DETAILS_FOLDED_AFTER_MS } from "@/lib/domain/measures/retention";
import { compareUtf8 } from "@/native/core/crypto/encoding";
import { OTHER } from "@/native/core/telemetry/other";
import { addRows, DETAIL_KEY, type DetailRow, detailKeyOf, putDetails } from "./add-details";
import { type FoldContext, takeFoldLock } from "./fold-lock";
import { namedBy, readNamedHosts } from "./named-by-policy";

/** Names of one kind that a program keeps of a day; the others are counted together, but for those that the policy names. */
export const NAMES_KEPT = 200;
const DAY_MS = 86_400_000;
const ROWS_A_TURN = 400;

export type NameTotal = { kind: DetailKind; name: string; total: number };

/**
 * Of a day's names those that are past the largest of their kind, of two alike the one whose bytes are greater; those that are kept
 * whatever they count never are.
 */
export function pastLargest(
  totals: readonly NameTotal[],
  isKept: (name: NameTotal) => boolean,
  kept: number = NAMES_KEPT,
): NameTotal[] {
  return DETAIL_KINDS.flatMap((kind) =>
    totals
      .filter((one) => one.kind === kind)
      .sort((a, b) => b.total - a.total || compareUtf8(a.name, b.name))
      .slice(kept)
      .filter((one) => !isKept(one)),
  );
}

/**
 * Counts what is past the largest names of a day under `~other`, 24 hours after the day's end: one turn, in one transaction.
 * Answers whether there was anything to do.
 */
export async function foldDetailDays(store: Store, { clock }: FoldContext): Promise<boolean> {
  const before = new Date(clock.nowMs() - DAY_MS - DETAILS_FOLDED_AFTER_MS);
  const [due] = await store.db
    .select()
    .from(detailDays)
    .where(and(eq(detailDays.isFolded, false), lte(detailDays.day, before)))
    .orderBy(asc(detailDays.day), asc(detailDays.appId))
    .limit(1);
  if (due === undefined) return false;
  return await store.transaction(async ({ db }) => {
    if (!(await takeFoldLock(db, store.kind))) return false;
    const { appId, day } = due;
    const names = await listPast(db, appId, day);
    if (names.length === 0) {
      await db
        .update(detailDays)
        .set({ isFolded: true })
        .where(and(eq(detailDays.appId, appId), eq(detailDays.day, day)));
      return true;
    }
    const rows = await db
      .select()
      .from(hourDetails)
      .where(and(ofDay(appId, day), isAnyOf(hourDetails, ["kind", "name"], names)))
      .limit(ROWS_A_TURN);
    const others = new Map<string, DetailRow>();
    for (const row of rows) {
      const other = { ...row, name: OTHER, about: null };
      const key = detailKeyOf(other);
      const known = others.get(key);
      others.set(key, known === undefined ? other : addRows(known, other));
    }
    await putDetails(db, [...others.values()]);
    await db.delete(hourDetails).where(and(ofDay(appId, day), isAnyOf(hourDetails, DETAIL_KEY, rows)));
    return true;
  });
}

const ofDay = (appId: string, day: Date) =>
  and(eq(hourDetails.appId, appId), gte(hourDetails.hour, day), lt(hourDetails.hour, new Date(day.getTime() + DAY_MS)));

async function listPast(db: Database, appId: string, day: Date): Promise<NameTotal[]> {
  const { kind, name, allowed, refused } = hourDetails;
  const totals = await db
    .select({ kind, name, total: sumOf(sql`${allowed}::numeric + ${refused}`) })
    .from(hourDetails)
    .where(and(ofDay(appId, day), ne(name, OTHER)))
    .groupBy(kind, name);
  const hosts = await readNamedHosts(db, appId);
  const past = pastLargest(
    totals,
    (one) => one.kind !== "cause" && namedBy(hosts, { ...one, appId, versionCode: 0, about: null }) !== null,
  );
  const causes = past.filter((one) => one.kind === "cause").map((one) => one.name);
  if (causes.length === 0) return past;
  const told = await db
    .selectDistinct({ name, versionCode: hourDetails.versionCode, about: hourDetails.about })
    .from(hourDetails)
    .where(and(ofDay(appId, day), eq(kind, "cause"), inArray(name, causes)));
  const named = new Set(
    told.flatMap((one) => (namedBy(hosts, { kind: "cause", appId, ...one }) === null ? [] : [one.name])),
  );
  return past.filter((one) => one.kind !== "cause" || !named.has(one.name));
}
