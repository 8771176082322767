import { inArray } from "drizzle-orm";
import { lockPlatform } from "@/db/lock-platform";
import { auditEntries, auditWitnesses } from "@/db/schema";
import type { Database } from "@/db/store";
import { appendAudit } from "@/lib/audit/append-audit";
import { type HeadFiles, type HeadRecord, type KeptHead, readHeadRecords, withoutLost } from "@/lib/audit/head-files";
import { isLost, lossesOf } from "@/lib/audit/losses";
import { AppError } from "@/lib/platform/errors";
import type { ServiceContext } from "../context";

const AT_ONCE = 1_000;

/** The heads that the log does not contain, and the last one before them that it does. */
async function compare(db: Database, heads: readonly KeptHead[]): Promise<{ good: number; lost: KeptHead[] }> {
  const { sequence, sha256 } = auditEntries;
  const lost: KeptHead[] = [];
  let good = 0;
  const sorted = [...heads].sort((a, b) => a.sequence - b.sequence);
  for (let start = 0; start < sorted.length; start += AT_ONCE) {
    const page = sorted.slice(start, start + AT_ONCE);
    const rows = await db
      .select({ sequence, sha256 })
      .from(auditEntries)
      .where(
        inArray(
          sequence,
          page.map((head) => head.sequence),
        ),
      );
    const stand = new Map(rows.map((row) => [row.sequence, row.sha256]));
    for (const head of page) {
      if (stand.get(head.sequence) !== head.sha256) lost.push(head);
      else if (lost.length === 0) good = head.sequence;
    }
  }
  return { good, lost };
}

/** What devices handed back that nobody called lost yet, by the files of the days. */
async function standing(db: Database, records: readonly HeadRecord[]): Promise<KeptHead[]> {
  const losses = lossesOf(records);
  const rows = await db.select().from(auditWitnesses);
  return rows.filter(({ sequence, issuedAtSeconds: iat }) => !isLost(losses, { sequence, iat }));
}

/**
 * Says of the entries that the data folder's heads, or devices, know and the log lacks that they are lost, as a failover or a restore by
 * other means loses them: in the log, and behind the heads in the data folder, so that heads are signed again. For whoever
 * has both in hand; a log that somebody changed is no loss. Raises `conflict` where nothing is lost. Audited as `audit.loss`.
 */
export async function admitLoss(
  ctx: Pick<ServiceContext, "store" | "clock" | "ids">,
  files: HeadFiles,
): Promise<{ fromSequence: number; toSequence: number }> {
  const records = await readHeadRecords(files);
  const heads = [...withoutLost(records), ...(await standing(ctx.store.db, records))];
  const { good, lost } = await compare(ctx.store.db, heads);
  const last = lost.at(-1);
  if (last === undefined) {
    throw new AppError("conflict", `The log has every entry that the heads in ${files.folder} name; nothing is lost.`);
  }
  const range = { fromSequence: good + 1, toSequence: last.sequence };
  const at = new Date(ctx.clock.nowMs()).toISOString();
  const { sequence } = await ctx.store.transaction(async (tx) => {
    await lockPlatform(tx);
    return await appendAudit(tx, ctx, {
      actor: { kind: "system", name: "server command" },
      action: "audit.loss",
      subject: "audit",
      after: { ...range, heads: lost.length, lastHead: last.jws },
    });
  });
  const { fromSequence } = range;
  await files.append([{ loss: { fromSequence, entrySequence: sequence, at, because: "admitted on the server" } }]);
  return range;
}
