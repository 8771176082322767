import { and, count, desc, eq, ilike, lt, or, type SQL } from "drizzle-orm";
import { auditEntries } from "@/db/schema";
import type { AuditList } from "@/lib/contracts/audit";
import type { Actor } from "@/lib/domain/roles";
import { AppError } from "@/lib/platform/errors";
import type { ServiceContext } from "../context";
import { requirePermission } from "../require-permission";
import { toAuditView } from "./audit-view";
import { requireSignedLog } from "./require-signed-log";

const PAGE_SIZE = 50;

export type AuditQuery = {
  q?: string | undefined;
  action?: string | undefined;
  appId?: string | undefined;
  changeSetId?: string | undefined;
  cursor?: string | undefined;
};

/** Audit entries, newest first, 50 a page; `q` finds in subject, reason, request id and action. Raises `unavailable` as `requireSignedLog` does. */
export async function listAudit(context: ServiceContext, actor: Actor, query: AuditQuery): Promise<AuditList> {
  requirePermission(actor, "audit.read");
  await requireSignedLog(context);
  const { db } = context.store;
  const matching = and(...conditionsOf(query));
  const before = query.cursor === undefined ? undefined : readCursor(query.cursor);
  const rows = await db
    .select()
    .from(auditEntries)
    .where(and(matching, before === undefined ? undefined : lt(auditEntries.sequence, before)))
    .orderBy(desc(auditEntries.sequence))
    .limit(PAGE_SIZE + 1);
  const [counted] = await db.select({ total: count() }).from(auditEntries).where(matching);
  const page = rows.slice(0, PAGE_SIZE);
  return {
    items: page.map(toAuditView),
    nextCursor: rows.length > PAGE_SIZE ? String(page.at(-1)?.sequence ?? 0) : null,
    total: counted?.total ?? 0,
  };
}

function conditionsOf(query: AuditQuery): SQL[] {
  const conditions: SQL[] = [];
  if (query.action !== undefined) conditions.push(eq(auditEntries.action, query.action));
  if (query.appId !== undefined) conditions.push(eq(auditEntries.appId, query.appId));
  if (query.changeSetId !== undefined) conditions.push(eq(auditEntries.changeSetId, query.changeSetId));
  if (query.q !== undefined && query.q !== "") {
    const pattern = `%${query.q.replace(/[\\%_]/g, (character) => `\\${character}`)}%`;
    const found = or(
      ilike(auditEntries.subject, pattern),
      ilike(auditEntries.reason, pattern),
      ilike(auditEntries.action, pattern),
      ilike(auditEntries.requestId, pattern),
    );
    if (found !== undefined) conditions.push(found);
  }
  return conditions;
}

function readCursor(text: string): number {
  if (!/^[1-9][0-9]{0,15}$/.test(text)) throw new AppError("invalid_input", "This page of the list does not exist.");
  return Number(text);
}
