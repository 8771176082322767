import type { ChangeInput } from "@/lib/contracts/change-sets";
import { mayNarrow, mayPropose } from "@/lib/domain/change-set-lifecycle";
import { explainShape } from "@/lib/domain/explain-shape";
import { kindOf } from "@/lib/domain/kinds";
import { formatMember, parseMember } from "@/lib/domain/member-keys";
import { parseEntry } from "@/lib/domain/member-values";
import { personIdOf } from "@/lib/domain/members";
import { type Edit, memberValue, type PolicyState } from "@/lib/domain/policy-state";
import { AppError, type ErrorDetail } from "@/lib/platform/errors";
import type { Ids } from "@/lib/platform/ids";
import { type PersonActor, refusal } from "./require-verb";

/** Edits, and the keys of members that the verb made itself. */
export type WishedChanges = {
  edits: Edit[];
  newKeys: ReadonlySet<string>;
  /** From which denials they are proposed, by member's key. */
  origins?: ReadonlyMap<string, string>;
};

/** A new host rule is written to `…/host:new`; its id is made here, so that nobody chooses one. */
const NEW_RULE = /^(program:[^/]+\/host:)new$/;

/**
 * Reads wished changes. Raises `invalid_input` with the place of each that cannot be read, `forbidden` where this role
 * writes no such member, or where it would be the actor's own role.
 */
export function readChanges(
  inputs: readonly ChangeInput[],
  actor: PersonActor,
  ids: Ids,
  way: "propose" | "narrow" = "propose",
): WishedChanges {
  const may = way === "propose" ? mayPropose : mayNarrow;
  const details: ErrorDetail[] = [];
  const edits: Edit[] = [];
  const newKeys = new Set<string>();
  const origins = new Map<string, string>();
  for (const [index, input] of inputs.entries()) {
    const key = input.member.replace(NEW_RULE, (_text, prefix: string) => prefix + ids.next("hostRule"));
    if (key !== input.member) newKeys.add(key);
    const member = parseMember(key);
    if (member === null) {
      details.push({ path: `/changes/${index}/member`, code: "FORMAT", message: "There is no such member." });
      continue;
    }
    if (input.denialId !== undefined) origins.set(formatMember(member), input.denialId);
    if (!may(actor.role, member.kind)) throw refusal("ROLE");
    if (personIdOf(member) === actor.personId) throw refusal("OWN_PERSON");
    if (input.after === null || input.after === undefined) {
      edits.push({ member, entry: null });
      continue;
    }
    const parsed = parseEntry(member, input.after);
    if (parsed.ok) {
      edits.push({ member, entry: parsed.entry });
      continue;
    }
    for (const issue of parsed.issues) {
      const explained = explainShape(member, input.after, issue.path);
      details.push({ path: `/changes/${index}/after${issue.path}`, code: issue.code, ...explained });
    }
  }
  const keys = edits.map(({ member }) => formatMember(member));
  for (const [index, key] of keys.entries()) {
    if (keys.indexOf(key) !== index) {
      details.push({ path: `/changes/${index}/member`, code: "DUPLICATE", message: "Changed twice." });
    }
  }
  if (details.length > 0) throw new AppError("invalid_input", "These changes cannot be read.", { details });
  return { edits, newKeys, origins };
}

/**
 * Refuses what no draft may hold, because a verb of its own makes it: registrations, publishers, listings and
 * invitations, a publisher's new key, and a host rule under an id that was not made here. `knownKeys` are members that
 * the calling verb made, and those that the actor's draft holds. Raises `invalid_input`.
 */
export function requireEditable(state: PolicyState, edits: readonly Edit[], knownKeys: ReadonlySet<string>): void {
  const details = edits.flatMap(({ member, entry }) => {
    // What may not be removed at all is said with the whole step.
    if (entry === null) return [];
    const before = memberValue(state, member);
    const isOwnKey = knownKeys.has(formatMember(member));
    const code = kindOf(member.kind).whyNotEditable({ before, after: entry.value, isOwnKey });
    return code === null ? [] : [{ path: formatMember(member), code, message: "This is not changed by a draft." }];
  });
  if (details.length > 0) throw new AppError("invalid_input", "Some of this is not changed by a draft.", { details });
}
