import { and, eq, gte, isNotNull, ne, or, sql } from "drizzle-orm";
import { changeSets } from "@/db/schema";
import type { Transaction } from "@/db/store";
import type { ChangeSetView } from "@/lib/contracts/change-sets";
import { appIdOf, type Member, personIdOf, publisherIdOf } from "@/lib/domain/members";
import { type Edit, memberValue } from "@/lib/domain/policy-state";
import type { Actor } from "@/lib/domain/roles";
import { isSameValue } from "@/lib/domain/same-value";
import { AppError } from "@/lib/platform/errors";
import type { ServiceContext } from "../context";
import { memberOf, publishedPosition, toEdit, withChanges } from "./change-set-rows";
import { decideOnSet } from "./decide-on-set";
import { whyBeyond } from "./kept-effect";
import { type OpenSet, requirePublishable } from "./open-set";
import { publishAtOnce } from "./publish-at-once";

/**
 * Returns exactly what was published before the actor narrowed it: within 15 minutes, by that person alone, and only
 * while nothing else changed there (spec §6). Answers with the set that was undone. Audited as `changeSet.undo`.
 */
export async function undoChangeSet(ctx: ServiceContext, actor: Actor, id: string): Promise<ChangeSetView> {
  return decideOnSet(ctx, actor, id, "undo", async ({ tx, set }) => {
    await requireNothingElseChanged(tx, set);
    const edits = set.changes.map((change) => toEdit(memberOf(change), change.before));
    requireWithinBefore(set, edits);
    requirePublishable(set.state, edits, "conflict");
    const undo = await publishAtOnce(tx, ctx, actor, {
      edits,
      state: set.state,
      isSetUpComplete: set.isSetUpComplete,
      isNarrowing: false,
      reason: `Undo of change set ${set.row.number}`,
      action: "changeSet.undo",
      undoOf: id,
    });
    await tx.db.update(changeSets).set({ undoneBy: undo.row.id }).where(eq(changeSets.id, id));
  });
}

/**
 * What was narrowed still stands as it was left, and nothing was published since that the same documents or people
 * carry: returned members beside newer ones would not be what was published before.
 */
async function requireNothingElseChanged(tx: Transaction, set: OpenSet): Promise<void> {
  const { row } = set;
  const isLeft = set.changes.every((change) => isSameValue(change.after, memberValue(set.state, memberOf(change))));
  const carried = publishedPosition(row);
  const isLater =
    carried === null
      ? undefined
      : sql`(${changeSets.platformEpoch}, ${changeSets.platformRevision}) > (${carried.epoch}, ${carried.revision})`;
  const since = await tx.db
    .select()
    .from(changeSets)
    .where(
      and(
        eq(changeSets.state, "published"),
        ne(changeSets.id, row.id),
        isNotNull(changeSets.publishedAt),
        or(row.publishedAt === null ? undefined : gte(changeSets.publishedAt, row.publishedAt), isLater),
      ),
    );
  const own = set.changes.map(memberOf);
  const isTouched = (await withChanges(tx.db, since)).some((other) =>
    other.changes.map(memberOf).some((member) => own.some((mine) => shareDocument(mine, member))),
  );
  if (isLeft && !isTouched) return;
  const message = "Something else was published since; propose the change instead.";
  throw new AppError("conflict", message, { details: [{ path: "", code: "CHANGED_SINCE", message }] });
}

/** Returned members put nothing in force that was not before, whatever others published for all programs. */
function requireWithinBefore(set: OpenSet, edits: readonly Edit[]): void {
  const beyond = whyBeyond(set.state, edits, set.row.effect, set);
  if (beyond === null) return;
  const message = `With what was published since, it would allow more than before (${beyond.what}); propose the change instead.`;
  throw new AppError("conflict", message, { details: [{ path: "", code: "CHANGED_SINCE", message }] });
}

function shareDocument(a: Member, b: Member): boolean {
  const isPlatform = (member: Member) =>
    appIdOf(member) === null && publisherIdOf(member) === null && personIdOf(member) === null;
  if (isPlatform(a)) return isPlatform(b) || appIdOf(b) !== null;
  if (personIdOf(a) !== null) return personIdOf(a) === personIdOf(b);
  if (publisherIdOf(a) !== null) return publisherIdOf(a) === publisherIdOf(b);
  return appIdOf(a) === appIdOf(b);
}
