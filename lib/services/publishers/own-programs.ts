import { and, desc, eq, isNotNull } from "drizzle-orm";
import { countedEvents } from "@/db/counted";
import { programs } from "@/db/schema";
import type { Actor } from "@/lib/domain/roles";
import { AppError } from "@/lib/platform/errors";
import { LIMIT_NAMES } from "@/native/core/codes";
import type { ServiceContext } from "../context";
import { targetOf } from "../denials/denial-row";
import { shownRule } from "../denials/shown-rule";
import { newestPlatformClaims, newestProgramClaims } from "../programs/newest-claims";
import { explainRefusals } from "./explain-refusals";

type PublisherActor = Extract<Actor, { kind: "publisher" }>;

const DENIALS_MAX = 100;

/** Raises `not_found` alike for a program that is not there and for another publisher's (spec §7). */
async function requireOwn(ctx: Pick<ServiceContext, "store">, actor: PublisherActor, appId: string): Promise<void> {
  const [row] = await ctx.store.db
    .select({ appId: programs.appId })
    .from(programs)
    .where(and(eq(programs.appId, appId), eq(programs.publisherId, actor.publisherId)));
  if (row === undefined) throw new AppError("not_found", "There is no such program.");
}

/** The limits that hold for a publisher's own program: its own, and the platform's where it has none. */
export async function readQuota(ctx: Pick<ServiceContext, "store">, actor: PublisherActor, appId: string) {
  await requireOwn(ctx, actor, appId);
  const platform = (await newestPlatformClaims(ctx.store.db))?.claims.limits ?? {};
  const own = (await newestProgramClaims(ctx.store.db, appId))?.claims.limits ?? {};
  const limits = LIMIT_NAMES.flatMap((name) => {
    const limit = own[name] ?? platform[name];
    return limit === undefined ? [] : [{ name, max: limit.max, warn: limit.warn ?? null, action: limit.action }];
  });
  return { appId, limits };
}

/** What a publisher's own program was refused lately, newest first. Devices are not named: they are the platform's. */
export async function listOwnDenials(ctx: Pick<ServiceContext, "store">, actor: PublisherActor, appId: string) {
  await requireOwn(ctx, actor, appId);
  const events = countedEvents(ctx.store.db);
  const rows = await ctx.store.db
    .select()
    .from(events)
    .where(and(eq(events.appId, appId), isNotNull(events.denialId)))
    .orderBy(desc(events.at), desc(events.eventId))
    .limit(DENIALS_MAX);
  const explained = await explainRefusals(ctx.store.db, rows);
  return {
    items: rows.map((row, nth) => ({
      denialId: row.denialId ?? "",
      at: row.at.toISOString(),
      versionCode: row.versionCode,
      code: row.code ?? "",
      layer: row.layer ?? "",
      rule: shownRule(row.rule),
      target: targetOf(row.body),
      explained: explained[nth] ?? null,
    })),
  };
}
