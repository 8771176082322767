import { and, eq } from "drizzle-orm";
import { readPlatformMembers } from "@/db/published-members";
import { heldNarrowings, programs } from "@/db/schema";
import type { Database, Transaction } from "@/db/store";
import { appendAudit } from "@/lib/audit/append-audit";
import type { Actor } from "@/lib/domain/roles";
import type { SyncContext } from "../context";

export type HeldNarrowing = typeof heldNarrowings.$inferSelect;
/** What a platform document stops. */
export type Stopped = { suspended: string[]; blockedHosts: string[] };

/** What only devices' documents stop, and nobody has looked at: it stays in force. */
export async function unknownNarrowings(db: Database): Promise<HeldNarrowing[]> {
  return await db
    .select()
    .from(heldNarrowings)
    .where(eq(heldNarrowings.verdict, "unknown"))
    .orderBy(heldNarrowings.kind, heldNarrowings.subject);
}

/** What this store's own published state stops. */
export async function stoppedHere(db: Database): Promise<{ suspended: Set<string>; blockedHosts: Set<string> }> {
  const statuses = await db.select({ appId: programs.appId, status: programs.status }).from(programs);
  const { entries, unread } = await readPlatformMembers(db);
  // A block counts by its key, whatever its value.
  const blocks = [...entries, ...unread].flatMap(({ member }) =>
    member?.kind === "blocked-host" ? [member.host] : [],
  );
  return {
    suspended: new Set(statuses.flatMap(({ appId, status }) => (status === "active" ? [] : [appId]))),
    blockedHosts: new Set(blocks),
  };
}

/** The content of a platform document, with what is stopped until a person has looked. */
export function withHeld<Content extends Stopped>(content: Content, held: readonly HeldNarrowing[]): Content {
  const subjects = (kind: HeldNarrowing["kind"]) => held.flatMap((row) => (row.kind === kind ? [row.subject] : []));
  const union = (own: string[], more: string[]) => (more.length === 0 ? own : [...new Set([...own, ...more])].sort());
  return {
    ...content,
    suspended: union(content.suspended, subjects("suspension")),
    blockedHosts: union(content.blockedHosts, subjects("blockedHost")),
  };
}

/** What is stopped beyond this store's own state, and a document does not say yet. */
export function missingFrom(stopped: Stopped, held: readonly HeldNarrowing[]): HeldNarrowing[] {
  const said = { suspension: new Set(stopped.suspended), blockedHost: new Set(stopped.blockedHosts) };
  return held.filter(({ kind, subject }) => !said[kind].has(subject));
}

/**
 * Takes as this store's own what its published state stops as well by now: a person suspended the program or blocked the
 * host anew, and it is lifted as everything else is, by two. Audited as `suspension.keep`, one entry each. Answers with
 * what nobody has looked at still.
 */
export async function settleHeld(
  tx: Transaction,
  ctx: SyncContext,
  actor: Actor,
  changeSetId: string | null,
): Promise<HeldNarrowing[]> {
  const held = await unknownNarrowings(tx.db);
  if (held.length === 0) return held;
  const own = await stoppedHere(tx.db);
  const isOwn = ({ kind, subject }: HeldNarrowing) =>
    (kind === "suspension" ? own.suspended : own.blockedHosts).has(subject);
  for (const { kind, subject } of held.filter(isOwn)) {
    const decided = {
      verdict: "kept" as const,
      decidedBy: actor.kind === "person" ? actor.personId : null,
      decidedAt: new Date(ctx.clock.nowMs()),
    };
    await tx.db
      .update(heldNarrowings)
      .set(decided)
      .where(and(eq(heldNarrowings.kind, kind), eq(heldNarrowings.subject, subject)));
    await appendAudit(tx, ctx, {
      actor,
      action: "suspension.keep",
      subject: kind === "suspension" ? `program:${subject}` : `host:${subject}`,
      appId: kind === "suspension" ? subject : null,
      changeSetId,
      before: { verdict: "unknown" },
      after: { verdict: "kept" },
    });
  }
  return held.filter((row) => !isOwn(row));
}
