import type { Actor } from "@/lib/domain/roles";
import { beginDecision } from "../change-sets/begin-decision";
import { refusal, requirePerson } from "../change-sets/require-verb";
import type { ServiceContext } from "../context";
import { requirePermission } from "../require-permission";
import { requireReceiver } from "./create-person-link";
import { type ShownCode, showCode } from "./show-halves";

/**
 * The code that goes with a person's one-time link: the half of their sign-in that is shown once, to whoever approved it.
 * Raises `precondition_failed` where no published change set gives a sign-in, `not_found`, `forbidden` for whom the half is
 * not for, `conflict` for one that was shown, for a disabled person and a locked sign-in. Audited as `code.create`.
 */
export async function createPersonCode(
  ctx: ServiceContext,
  actor: Actor,
  input: { personId: string },
): Promise<ShownCode> {
  requirePermission(actor, "changes.approve");
  if (requirePerson(actor).personId === input.personId) throw refusal("OWN_PERSON");
  return ctx.store.transaction(async (tx) => {
    await beginDecision(tx, ctx);
    const person = await requireReceiver(tx.db, input.personId);
    return showCode(tx, ctx, actor, person.id);
  });
}
