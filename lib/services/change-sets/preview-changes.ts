import type { ChangeInput, Preview } from "@/lib/contracts/change-sets";
import { describeChange } from "@/lib/domain/describe-change";
import { appIdOf } from "@/lib/domain/members";
import type { Actor } from "@/lib/domain/roles";
import type { ServiceContext } from "../context";
import { loadState } from "../members/load-state";
import { readPlatformRow } from "../members/platform-row";
import { requirePermission } from "../require-permission";
import { judgeChanges } from "./judge-changes";
import { requirePublishable } from "./open-set";
import { requirePerson } from "./require-verb";
import { readChanges, requireEditable } from "./resolve-changes";

/**
 * What these changes would be, judged against what is published now; nothing is written. Raises `invalid_input` for
 * what cannot be read or published.
 */
export async function previewChanges(
  ctx: ServiceContext,
  actor: Actor,
  input: { changes: readonly ChangeInput[] },
): Promise<Preview> {
  requirePermission(actor, "changes.propose");
  const { db } = ctx.store;
  const { edits, newKeys } = readChanges(input.changes, requirePerson(actor), ctx.ids);
  const platform = await readPlatformRow(db);
  const state = await loadState(
    db,
    edits.map((edit) => edit.member),
    edits,
  );
  requireEditable(state, edits, newKeys);
  requirePublishable(state, edits, "invalid_input");
  const judged = judgeChanges(state, edits, { isSetUpComplete: platform.setUpAt !== null }, ctx.ids);
  return {
    isNarrowing: judged.isNarrowing,
    changes: judged.rows.map((row, index) => {
      const member = edits[index]?.member;
      const registration = [...state.values()].find(
        (entry) => entry.kind === "registration" && member !== undefined && entry.member.appId === appIdOf(member),
      );
      return {
        ...row,
        kind: member?.kind ?? "",
        appId: member === undefined ? null : appIdOf(member),
        programName: registration?.kind === "registration" ? registration.value.name : null,
        title: member === undefined ? "" : describeChange({ member, before: row.before, after: row.after }),
      };
    }),
  };
}
