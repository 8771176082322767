import { and, eq, inArray, ne } from "drizzle-orm";
import { changeSets, changes, programs } from "@/db/schema";
import type { Transaction } from "@/db/store";
import type { AuditAction } from "@/lib/audit/actions";
import { appendAudit, lockAuditEnd } from "@/lib/audit/append-audit";
import type { Givers } from "@/lib/auth/handovers";
import { OPEN_CHANGE_SET_STATES } from "@/lib/domain/lifecycles";
import { formatMember } from "@/lib/domain/member-keys";
import { appIdOf, type MemberKind, personIdOf } from "@/lib/domain/members";
import { takesAway } from "@/lib/domain/narrowing/judge-edits";
import type { Edit, PolicyState } from "@/lib/domain/policy-state";
import type { Actor } from "@/lib/domain/roles";
import { isSameValue } from "@/lib/domain/same-value";
import { invariant } from "@/lib/platform/errors";
import { publishDocuments } from "@/lib/sync/publish-documents";
import type { ServiceContext } from "../context";
import { applyMember } from "../members/apply-member";
import { giveSignIns } from "../members/give-sign-ins";
import { auditSet } from "./audit-set";
import { type ChangeSetRow, isListing } from "./change-set-rows";
import { effectOf } from "./kept-effect";
import { voidSet } from "./void-set";

/** Kinds that no document carries. */
const INTERNAL: readonly MemberKind[] = ["person", "sign-in", "sign-in-lock", "publisher"];

export type Step = {
  changeSetId: string;
  edits: readonly Edit[];
  /** What was published until now, as far as the edits reach. */
  state: PolicyState;
  /** Published by one person because it was proven to narrow. */
  isNarrowing: boolean;
  /** The person whose proposal another approved, and that other; null where one acted. */
  approval: { proposedBy: string; approvedBy: string } | null;
  isSetUpComplete: boolean;
  action: AuditAction;
  reason: string | null;
};

/**
 * Publishes judged edits: writes the members, audits, signs the documents (in this order: the platform document carries
 * the audit head), closes what other sets had built on the same members, and marks the set published. The caller holds
 * the platform's lock and has checked everything. Answers with the set's row as it stands then.
 */
export async function publishStep(
  tx: Transaction,
  ctx: ServiceContext,
  actor: Actor,
  step: Step,
): Promise<ChangeSetRow> {
  const at = new Date(ctx.clock.nowMs());
  const { changeSetId, edits, state } = step;
  const proposedBy = step.approval?.proposedBy ?? null;
  const apply = async () => {
    for (const edit of edits) await applyMember(tx.db, edit, { at, changeSetId, proposedBy });
  };
  // No member's rows are change sets: what others build on these members is read beside.
  const [touching] = await Promise.all([setsTouching(tx, step), apply(), lockAuditEnd(tx)]);
  const publish = async () => {
    await giveSignIns(tx, ctx, actor, { edits, state, changeSetId, givers: giversOf(actor, step) });
    await settleOthers(tx, ctx, step, touching);
    const appIds = await affectedPrograms(tx, edits);
    if (edits.every(({ member }) => INTERNAL.includes(member.kind))) return null;
    const [narrows, { isNarrowing }] = [takesAway(state, edits), step];
    return await publishDocuments(tx, ctx, { appIds, platform: true, changeSetId, narrows, isNarrowing, actor });
  };
  // The log has the decision before whatever follows from it: entries are appended in the order in which they are asked.
  const [, published] = await Promise.all([appendAudit(tx, ctx, auditSet(ctx, actor, step)), publish()]);
  const [row] = await tx.db
    .update(changeSets)
    .set({
      state: "published",
      isNarrowing: step.isNarrowing,
      ...(step.isNarrowing ? { effect: effectOf(state) } : {}),
      publishedBy: actor.kind === "person" ? actor.personId : null,
      publishedAt: at,
      platformEpoch: published?.platform.epoch ?? null,
      platformRevision: published?.platform.revision ?? null,
      updatedAt: at,
    })
    .where(eq(changeSets.id, changeSetId))
    .returning();
  invariant(row !== undefined, "the change set is there, behind the lock");
  for (const topic of topicsOf(edits)) tx.announce({ topic });
  return row;
}

/** Who gets the halves of a sign-in that is given: the link whoever proposed, the code whoever approved; in set-up one has both. */
function giversOf(actor: Actor, { approval, isSetUpComplete }: Step): Givers | null {
  if (approval !== null) return { linkTo: approval.proposedBy, codeTo: approval.approvedBy };
  return isSetUpComplete || actor.kind !== "person" ? null : { linkTo: actor.personId, codeTo: actor.personId };
}

/** Programs whose documents say something new; a publisher's keys stand in the document of each of its programs. */
async function affectedPrograms(tx: Transaction, edits: readonly Edit[]): Promise<string[]> {
  const appIds = new Set(edits.flatMap(({ member }) => appIdOf(member) ?? []));
  const publisherIds = edits.flatMap(({ member }) => (member.kind === "publisher-key" ? [member.publisherId] : []));
  if (publisherIds.length > 0) {
    const rows = await tx.db
      .select({ appId: programs.appId })
      .from(programs)
      .where(inArray(programs.publisherId, publisherIds));
    for (const { appId } of rows) appIds.add(appId);
  }
  return [...appIds];
}

type Touching = { change: typeof changes.$inferSelect; set: typeof changeSets.$inferSelect };

/** Changes of these members in other sets that are open, with their sets. */
async function setsTouching(tx: Transaction, step: Step): Promise<Touching[]> {
  const keys = step.edits.map(({ member }) => formatMember(member));
  return await tx.db
    .select({ change: changes, set: changeSets })
    .from(changes)
    .innerJoin(changeSets, eq(changeSets.id, changes.changeSetId))
    .where(
      and(
        inArray(changes.member, keys),
        inArray(changeSets.state, OPEN_CHANGE_SET_STATES),
        ne(changeSets.id, step.changeSetId),
      ),
    );
}

/**
 * A proposal or approval of a member that was just published otherwise is void; a draft's change that now changes
 * nothing is dropped. A submitted version's set is derived anew when it is approved, so only another listing of the
 * same version ends it.
 */
async function settleOthers(
  tx: Transaction,
  ctx: ServiceContext,
  step: Step,
  touching: readonly Touching[],
): Promise<void> {
  if (touching.length === 0) return;
  const voided = new Set<string>();
  const [own] = await tx.db
    .select({ number: changeSets.number })
    .from(changeSets)
    .where(eq(changeSets.id, step.changeSetId));
  for (const { change, set } of touching) {
    const edit = step.edits.find(({ member }) => formatMember(member) === change.member);
    if (set.state === "draft") {
      if (isSameValue(change.after, edit?.entry?.value)) await tx.db.delete(changes).where(eq(changes.id, change.id));
      continue;
    }
    const isSubmission = isListing(set) && edit?.member.kind !== "version";
    if (voided.has(set.id) || isSubmission) continue;
    voided.add(set.id);
    await voidSet(tx, ctx, set, `Change set ${own?.number} changed ${change.member} first.`);
  }
}

type Topic = "change-sets" | "programs" | "publishers" | "people" | "sessions";

function topicsOf(edits: readonly Edit[]): Topic[] {
  const topics = new Set<Topic>(["change-sets"]);
  for (const { member } of edits) {
    if (personIdOf(member) !== null) topics.add("people").add("sessions");
    else if (member.kind === "publisher" || member.kind === "publisher-key") topics.add("publishers");
    else topics.add("programs");
  }
  return [...topics];
}
