import { inArray } from "drizzle-orm";
import { z } from "zod";
import { auditEntries } from "@/db/schema";
import type { Database } from "@/db/store";
import type { AuditAction } from "./actions";

/** Entries that say that others are lost: from their own place on, or from where they name. */
const LOSSES: readonly AuditAction[] = ["store.restore", "audit.loss"];

export type Loss = {
  /** The entry that says so. */
  sequence: number;
  fromSequence: number;
  at: Date;
};
const lossShape = z.object({ fromSequence: z.int().min(1) });

/** When the log was cut, by its own entries, oldest first. */
export async function readLosses(db: Database): Promise<Loss[]> {
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

/** Whether what was signed at this second of an entry may be of a log that was lost since. */
export function isLost(losses: readonly Loss[], signed: { sequence: number; iat: number }): boolean {
  return losses.some(({ fromSequence, at }) => fromSequence <= signed.sequence && signed.iat * 1000 <= at.getTime());
}
