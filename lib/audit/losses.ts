import { inArray } from "drizzle-orm";
import { z } from "zod";
import { auditEntries } from "@/db/schema";
import type { Database } from "@/db/store";
import type { AuditAction } from "./actions";
import type { HeadRecord } from "./head-files";

/** Entries that say that others are lost: from their own place on, or from where they name. */
const LOSSES: readonly AuditAction[] = ["store.restore", "audit.loss"];

export type Loss = { fromSequence: number; at: Date };
/** What an entry of the log says of a loss, by its own place. */
export type LossEntry = Loss & { sequence: number };
const lossShape = z.object({ fromSequence: z.int().min(1) });

/**
 * When the log was cut, by its own entries, oldest first. Whoever writes to the database can write one: where files of the
 * days are at hand, theirs decide (`lossesOf`).
 */
export async function readLossEntries(db: Database): Promise<LossEntry[]> {
  const { sequence, at, after, action } = auditEntries;
  const rows = await db
    .select({ sequence, at, after })
    .from(auditEntries)
    .where(inArray(action, [...LOSSES]));
  return rows
    .map(({ after: said, ...row }) => {
      return { ...row, fromSequence: lossShape.safeParse(said).data?.fromSequence ?? row.sequence };
    })
    .sort((a, b) => a.sequence - b.sequence);
}

/** When the log was cut, by the files of the days, which no statement reaches. */
export function lossesOf(records: readonly HeadRecord[]): Loss[] {
  return records.flatMap((record) =>
    "loss" in record ? [{ fromSequence: record.loss.fromSequence, at: new Date(record.loss.at) }] : [],
  );
}

/** Whether what was signed at this second of an entry may be of a log that was lost since. */
export function isLost(losses: readonly Loss[], signed: { sequence: number; iat: number }): boolean {
  return losses.some(({ fromSequence, at }) => fromSequence <= signed.sequence && signed.iat * 1000 <= at.getTime());
}
