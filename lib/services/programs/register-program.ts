import { parseEntry } from "@/lib/domain/member-values";
import { memberValue } from "@/lib/domain/policy-state";
import type { Actor } from "@/lib/domain/roles";
import { AppError } from "@/lib/platform/errors";
import { beginDecision } from "../change-sets/begin-decision";
import { requirePublishable } from "../change-sets/open-set";
import { publishAtOnce } from "../change-sets/publish-at-once";
import type { ServiceContext } from "../context";
import { loadState } from "../members/load-state";
import { requirePermission } from "../require-permission";

/**
 * Registers an `app_id` to a publisher, for good: it allows nothing until a version is listed, so one operator does it.
 * Raises `conflict` for one that is taken, `invalid_input` for an unknown publisher. Audited as `program.register`.
 */
export async function registerProgram(
  ctx: ServiceContext,
  actor: Actor,
  input: { appId: string; name: string; publisherId: string },
): Promise<{ appId: string; changeSetId: string }> {
  requirePermission(actor, "programs.register");
  const { appId, name, publisherId } = input;
  const member = { kind: "registration", appId } as const;
  const parsed = parseEntry(member, { publisherId, name });
  if (!parsed.ok) throw new AppError("invalid_input", "A program has a name and a publisher.");
  const edits = [{ member, entry: parsed.entry }];
  return ctx.store.transaction(async (tx) => {
    const { isSetUpComplete } = await beginDecision(tx, ctx);
    const state = await loadState(tx.db, [member], edits);
    if (memberValue(state, member) !== null) {
      throw new AppError("conflict", "This app id is registered already.", {
        details: [{ path: "/appId", code: "TAKEN", message: "Registered already." }],
      });
    }
    requirePublishable(state, edits, "invalid_input");
    const { row } = await publishAtOnce(tx, ctx, actor, {
      edits,
      state,
      isSetUpComplete,
      isNarrowing: true,
      reason: `Register ${appId}`,
      action: "program.register",
    });
    return { appId, changeSetId: row.id };
  });
}
