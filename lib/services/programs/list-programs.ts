import { and, asc, count, eq, ilike, or, type SQL } from "drizzle-orm";
import { programs, publishers } from "@/db/schema";
import type { ProgramList } from "@/lib/contracts/programs";
import type { Actor } from "@/lib/domain/roles";
import type { ServiceContext } from "../context";
import { requirePermission } from "../require-permission";
import { toProgramRows } from "./program-row";

const PROGRAMS_MAX = 500;

export type ProgramFilter = { q?: string | undefined; status?: "active" | "suspended" | "retired" | undefined };

const escapeLike = (text: string): string => text.replace(/[\\%_]/g, (character) => `\\${character}`);

/** Programs by name, filtered; 500 at most, with the count of all that match. */
export async function listPrograms(context: ServiceContext, actor: Actor, filter: ProgramFilter): Promise<ProgramList> {
  requirePermission(actor, "console.read");
  const { db } = context.store;
  const conditions: SQL[] = [];
  if (filter.status !== undefined) conditions.push(eq(programs.status, filter.status));
  if (filter.q !== undefined && filter.q !== "") {
    const pattern = `%${escapeLike(filter.q)}%`;
    const matches = or(ilike(programs.name, pattern), ilike(programs.appId, pattern), ilike(publishers.name, pattern));
    if (matches !== undefined) conditions.push(matches);
  }
  const where = and(...conditions);
  const bases = await db
    .select({ program: programs, publisher: publishers })
    .from(programs)
    .innerJoin(publishers, eq(publishers.id, programs.publisherId))
    .where(where)
    .orderBy(asc(programs.name), asc(programs.appId))
    .limit(PROGRAMS_MAX);
  const [counted] = await db
    .select({ total: count() })
    .from(programs)
    .innerJoin(publishers, eq(publishers.id, programs.publisherId))
    .where(where);
  return { items: await toProgramRows(db, bases, context.clock.nowMs()), total: counted?.total ?? 0 };
}
