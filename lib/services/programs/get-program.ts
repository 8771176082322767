import { eq } from "drizzle-orm";
import { newestIssue, newestPosition } from "@/db/newest-document";
import { programs, publishers } from "@/db/schema";
import type { Database } from "@/db/store";
import type { ProgramDetail } from "@/lib/contracts/programs";
import type { Actor } from "@/lib/domain/roles";
import { AppError } from "@/lib/platform/errors";
import type { ServiceContext } from "../context";
import { countCauses } from "../measures/read-details";
import { startOfDetails } from "../measures/windows";
import { requirePermission } from "../require-permission";
import { toProgramRows } from "./program-row";

/** The program's row, or `not_found`. */
export async function loadProgram(
  db: Database,
  appId: string,
): Promise<{ program: typeof programs.$inferSelect; publisher: typeof publishers.$inferSelect }> {
  const [base] = await db
    .select({ program: programs, publisher: publishers })
    .from(programs)
    .innerJoin(publishers, eq(publishers.id, programs.publisherId))
    .where(eq(programs.appId, appId))
    .limit(1);
  if (base === undefined) throw new AppError("not_found", "There is nothing here.");
  return base;
}

/** What the head of a program's pages shows. */
export async function getProgram(context: ServiceContext, actor: Actor, appId: string): Promise<ProgramDetail> {
  requirePermission(actor, "console.read");
  const { db } = context.store;
  const nowMs = context.clock.nowMs();
  const base = await loadProgram(db, appId);
  const [row] = await toProgramRows(db, [base], nowMs);
  if (row === undefined) throw new AppError("not_found", "There is nothing here.");
  const document = await newestIssue(db, "program", appId);
  const instantOf = (seconds: number | undefined) =>
    seconds === undefined ? null : new Date(seconds * 1000).toISOString();
  return {
    ...row,
    createdAt: base.program.createdAt.toISOString(),
    documentIssuedAt: instantOf(document?.issuedAtSeconds),
    documentExpiresAt: instantOf(document?.expiresAtSeconds),
    platformPosition: await newestPosition(db, "platform", ""),
    denialCauses24h: await countCauses(db, { appId, sinceMs: startOfDetails("24h", nowMs), nowMs }),
  };
}
