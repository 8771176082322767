import { lockPlatform } from "@/db/lock-platform";
import { people } from "@/db/schema";
import { appendAudit } from "@/lib/audit/append-audit";
import { maySignIn } from "@/lib/auth/may-sign-in";
import { findPersonByEmail } from "@/lib/auth/sign-in";
import { APPROVERS_NEEDED, countApprovers } from "@/lib/domain/approvers";
import { AppError } from "@/lib/platform/errors";
import type { ServiceContext } from "../context";
import { applyMember } from "../members/apply-member";

/**
 * Unlocks a sign-in from the server's own machine, where too few are left to do it in the console. Raises `not_found` for
 * an e-mail that is nobody's, `conflict` where it is not locked, and where two people can approve: then two unlock it.
 * Audited as `person.unlockSignIn`.
 */
export async function unlockFromServer(
  ctx: Pick<ServiceContext, "store" | "clock" | "ids">,
  input: { email: string },
): Promise<{ personId: string; name: string }> {
  return ctx.store.transaction(async (tx) => {
    await lockPlatform(tx);
    const person = await findPersonByEmail(tx.db, input.email);
    if (person === undefined) throw new AppError("not_found", `Nobody here has the e-mail ${input.email}.`);
    if (person.signInLockedAt === null) {
      throw new AppError("conflict", `The sign-in of ${person.email} is not locked; it stays as it is.`);
    }
    const approvers = countApprovers((await tx.db.select().from(people)).filter(maySignIn));
    if (approvers >= APPROVERS_NEEDED) {
      throw new AppError(
        "conflict",
        `${approvers} people can sign in and approve, so two of them unlock it.\nPropose it in the console: People, ${person.email}, unlock.`,
      );
    }
    const member = { kind: "sign-in-lock", personId: person.id } as const;
    await applyMember(
      tx.db,
      { member, entry: null },
      { at: new Date(ctx.clock.nowMs()), changeSetId: null, proposedBy: null },
    );
    await appendAudit(tx, ctx, {
      actor: { kind: "system", name: "server command" },
      action: "person.unlockSignIn",
      subject: `person:${person.id}`,
      before: true,
      after: null,
    });
    tx.announce({ topic: "people" });
    return { personId: person.id, name: person.name };
  });
}
