import type { ChangeInput, Preview } from "@/lib/contracts/change-sets";
import { describeChange } from "@/lib/domain/describe-change";
import { appIdOf } from "@/lib/domain/members";
import type { Actor } from "@/lib/domain/roles";
import type { ServiceContext } from "../context";
import { loadState } from "../members/load-state";
import { readPlatformRow } from "../members/platform-row";
import { requirePermission } from "../require-permission";
import { readChangeNames } from "./change-names";
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
  requirePublishable(state, edits, "invalid_input", edits);
  const judged = judgeChanges(state, edits, { isSetUpComplete: platform.setUpAt !== null }, ctx.ids);
  const changes = judged.rows.flatMap((row, index) => {
    const member = edits[index]?.member;
    return member === undefined ? [] : [{ row, change: { member, before: row.before, after: row.after } }];
  });
  const names = await readChangeNames(
    db,
    changes.map(({ change }) => change),
  );
  return {
    isNarrowing: judged.isNarrowing,
    changes: changes.map(({ row, change }) => {
      const { member } = change;
      const registration = [...state.values()].find(
        (entry) => entry.kind === "registration" && entry.member.appId === appIdOf(member),
      );
      return {
        ...row,
        kind: member.kind,
        appId: appIdOf(member),
        programName: registration?.kind === "registration" ? registration.value.name : null,
        title: describeChange(change, names, "asked"),
      };
    }),
  };
}
