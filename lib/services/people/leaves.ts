import { and, eq, gt, inArray, max } from "drizzle-orm";
import { changeSets, changes, type people, signInLinks } from "@/db/schema";
import type { Database } from "@/db/store";
import { formatMember } from "@/lib/domain/member-keys";

type PersonRow = typeof people.$inferSelect;

/** How long an approved reset may wait for its link. */
const LEAVE_MS = 24 * 60 * 60 * 1000;

/** Why somebody cannot sign in by whatever link, in a sentence; null where they can. */
export function whyNoSignIn({ state, signInLockedAt }: Pick<PersonRow, "state" | "signInLockedAt">): string | null {
  if (state === "disabled") return "This person is disabled.";
  return signInLockedAt === null ? null : "This person's sign-in is locked. Unlock it first.";
}

/** Whether a whole link for this person takes leave that two people gave: once set-up is over, to reset a sign-in. */
export function needsLeave({ state }: Pick<PersonRow, "state">, isSetUpComplete: boolean): boolean {
  return state !== "invited" && isSetUpComplete;
}

/** Of these people, for whom a published reset was not used yet and is not over (spec §6). */
export async function findUnusedLeaves(
  db: Database,
  personIds: readonly string[],
  nowMs: number,
): Promise<ReadonlySet<string>> {
  if (personIds.length === 0) return new Set();
  const keyOf = (personId: string) => formatMember({ kind: "sign-in", personId });
  const given = await db
    .select({ member: changes.member, at: max(changeSets.publishedAt) })
    .from(changes)
    .innerJoin(changeSets, eq(changeSets.id, changes.changeSetId))
    .where(
      and(
        inArray(changes.member, personIds.map(keyOf)),
        eq(changeSets.state, "published"),
        gt(changeSets.publishedAt, new Date(nowMs - LEAVE_MS)),
      ),
    )
    .groupBy(changes.member);
  if (given.length === 0) return new Set();
  const spent = await db
    .select({ personId: signInLinks.personId, at: max(signInLinks.createdAt) })
    .from(signInLinks)
    .where(and(inArray(signInLinks.personId, [...personIds]), eq(signInLinks.purpose, "reset")))
    .groupBy(signInLinks.personId);
  return new Set(
    personIds.filter((personId) => {
      const leave = given.find(({ member }) => member === keyOf(personId))?.at;
      const last = spent.find((row) => row.personId === personId)?.at;
      return leave != null && (last == null || last < leave);
    }),
  );
}
