import { sql } from "drizzle-orm";
import { publishers } from "@/db/schema";
import type { PublisherView } from "@/lib/contracts/publishers";
import { parseEntry } from "@/lib/domain/member-values";
import type { Actor } from "@/lib/domain/roles";
import { AppError } from "@/lib/platform/errors";
import { beginDecision } from "../change-sets/begin-decision";
import { publishAtOnce } from "../change-sets/publish-at-once";
import type { ServiceContext } from "../context";
import { loadState } from "../members/load-state";
import { requirePermission } from "../require-permission";

/**
 * Makes a publisher, which may do nothing until it has a key and a program. Raises `conflict` for a name that another
 * has. Audited as `publisher.create`.
 */
export async function createPublisher(
  ctx: ServiceContext,
  actor: Actor,
  input: { name: string },
): Promise<PublisherView> {
  requirePermission(actor, "programs.register");
  const publisherId = ctx.ids.next("publisher");
  const member = { kind: "publisher", publisherId } as const;
  const parsed = parseEntry(member, { name: input.name });
  if (!parsed.ok || parsed.entry.kind !== "publisher") throw new AppError("invalid_input", "A publisher has a name.");
  const { name } = parsed.entry.value;
  const edits = [{ member, entry: parsed.entry }];
  await ctx.store.transaction(async (tx) => {
    const { isSetUpComplete } = await beginDecision(tx, ctx);
    const taken = await tx.db
      .select({ id: publishers.id })
      .from(publishers)
      .where(sql`lower(${publishers.name}) = ${name.toLowerCase()}`);
    if (taken.length > 0) {
      throw new AppError("conflict", "Another publisher has this name.", {
        details: [{ path: "/name", code: "TAKEN", message: "Another publisher has this name." }],
      });
    }
    const state = await loadState(tx.db, [member], edits);
    await publishAtOnce(tx, ctx, actor, {
      edits,
      state,
      isSetUpComplete,
      isNarrowing: true,
      reason: `Create ${name}`,
      action: "publisher.create",
    });
  });
  const createdAt = new Date(ctx.clock.nowMs()).toISOString();
  return { id: publisherId, name, createdAt, programs: [], programCount: 0, keys: [], tokens: [] };
}
