import { and, count, eq, gte, ilike, max, or, type SQL, sql } from "drizzle-orm";
import type { z } from "zod";
import { auditEntries } from "@/db/schema";
import type { Database } from "@/db/store";
import type { AuditList, auditQuerySchema } from "@/lib/contracts/audit";
import type { Actor } from "@/lib/domain/roles";
import type { ServiceContext } from "../context";
import { cursorAfter, following, holding, type Listing, orderOf, PAGE_SIZE, toPage, valuesOfCursor } from "../paging";
import { requirePermission } from "../require-permission";
import { toAuditViews } from "./audit-view";
import { requireSignedLog } from "./require-signed-log";

/** Matching entries are counted up to here. */
const COUNTED_MAX = 10_000;
/** Entries that a page of a search looks through: no index finds words in them. */
const SEARCHED_MAX = 10_000;

export type AuditQuery = z.infer<typeof auditQuerySchema>;

const { sequence } = auditEntries;
const LISTING: Listing = { name: "audit", by: [{ value: sequence, is: "whole" }], isNewestFirst: true };

/**
 * Audit entries, newest first, 50 a page; `q` finds in subject, reason, request id and action, in so many entries a page
 * that one without a find may still name a next one. Raises `unavailable` as `requireSignedLog` does, `invalid_input` for
 * a cursor of another list.
 */
export async function listAudit(context: ServiceContext, actor: Actor, query: AuditQuery): Promise<AuditList> {
  requirePermission(actor, "audit.read");
  await requireSignedLog(context);
  const { db } = context.store;
  const matching = and(...conditionsOf(query));
  const newest = await newestSequence(db);
  const isSearch = query.q !== undefined && query.q !== "";
  const before = query.cursor === undefined ? newest + 1 : Number(valuesOfCursor(LISTING, query.cursor)[0]);
  const lookedThrough = isSearch ? before - SEARCHED_MAX : 1;
  const rows = await db
    .select()
    .from(auditEntries)
    .where(and(matching, following(LISTING, query.cursor), gte(sequence, lookedThrough)))
    .orderBy(...orderOf(LISTING))
    .limit(PAGE_SIZE + 1);
  const page = toPage(LISTING, rows, (row) => [row.sequence]);
  return {
    items: await toAuditViews(db, page.rows),
    nextCursor: page.nextCursor ?? (lookedThrough > 1 ? cursorAfter(LISTING, [lookedThrough]) : null),
    total: await countUpTo(db, matching, isSearch ? newest + 1 - SEARCHED_MAX : 1),
  };
}

async function newestSequence(db: Database): Promise<number> {
  const [row] = await db.select({ newest: max(sequence) }).from(auditEntries);
  return row?.newest ?? 0;
}

/** How many match from that entry on, counted no further than pages ever need. */
async function countUpTo(db: Database, matching: SQL | undefined, from: number): Promise<AuditList["total"]> {
  const some = db
    .select({ one: sql`1`.as("one") })
    .from(auditEntries)
    .where(and(matching, gte(sequence, from)))
    .limit(COUNTED_MAX + 1)
    .as("some");
  const [row] = await db.select({ count: count() }).from(some);
  const counted = row?.count ?? 0;
  return { atLeast: Math.min(counted, COUNTED_MAX), isExact: counted <= COUNTED_MAX && from <= 1 };
}

function conditionsOf(query: AuditQuery): SQL[] {
  const conditions: SQL[] = [];
  if (query.action !== undefined) conditions.push(eq(auditEntries.action, query.action));
  if (query.appId !== undefined) conditions.push(eq(auditEntries.appId, query.appId));
  if (query.changeSetId !== undefined) conditions.push(eq(auditEntries.changeSetId, query.changeSetId));
  if (query.q !== undefined && query.q !== "") {
    const pattern = holding(query.q);
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
