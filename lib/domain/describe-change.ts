import { type ChangedLeaf, changedLeaves } from "./changed-leaves";
import { DEEDS, type Deed } from "./deeds";
import { kindOf } from "./kinds";
import type { Names } from "./kinds/kind";
import { quoted } from "./kinds/leaf-words";
import { formatMember } from "./member-keys";
import { parseEntry } from "./member-values";
import type { Change } from "./members";

/**
 * One line that says what a change does, for whoever approves it, for lists and for the audit: "Lower requestsPerMinute
 * 600 → 300" while it is only asked for, "Lowered requestsPerMinute 600 → 300" once it was published, "Changed host
 * a.example.com (pins mode enforce → report; until 2026-12-01T00:00:00Z → none)". It is derived from the difference: every
 * changed leaf stands in it with both values, so unequal changes of one member have unequal lines. The program's name is the
 * page's to add.
 */
export function describeChange({ member, before, after }: Change, names: Names, tense: "asked" | "done"): string {
  const { words } = kindOf(member.kind);
  const read = (value: unknown) => {
    if (value === null || value === undefined) return null;
    const parsed = parseEntry(member, value);
    return parsed.ok ? parsed.entry.value : null;
  };
  const [old, now] = [read(before), read(after)];
  // What this release cannot read is told as it is written.
  const isRead = (old === null) === isAbsent(before) && (now === null) === isAbsent(after);
  const shown = now ?? old;
  const deed = isAbsent(before) ? "Add" : isAbsent(after) ? "Remove" : "Change";
  const say = (one: Deed) => (tense === "done" ? DEEDS[one] : one);
  const headline =
    !isRead || shown === null
      ? `${say(deed)} ${formatMember(member)}`
      : (words.headline({ member, before: old, after: now, names, say }) ??
        `${say(deed)} ${words.noun(member, shown, names)}`);
  const leaves = isRead ? changedLeaves(old, now) : changedLeaves(before, after);
  const inline = leaves.find(({ path }) => isRead && path === words.inline);
  const isTold = ({ path }: ChangedLeaf) => isRead && deed !== "Change" && words.told.includes(path);
  const others = leaves.filter((leaf) => leaf !== inline && !isPresence(leaf) && !isTold(leaf));
  const write = (leaf: ChangedLeaf) => {
    const text = (value: unknown) =>
      isRead ? leafText(value, words.leaves[leaf.path], names) : (JSON.stringify(value) ?? "none");
    if (deed === "Add") return text(leaf.after);
    return deed === "Remove" ? text(leaf.before) : `${text(leaf.before)} → ${text(leaf.after)}`;
  };
  const label = ({ path }: ChangedLeaf) =>
    path
      .slice(1)
      .replaceAll("/", " ")
      .replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  const details = others.map((leaf) => `${label(leaf)} ${write(leaf)}`.trim());
  return [
    headline,
    inline === undefined ? "" : ` ${write(inline)}`,
    details.length === 0 ? "" : ` (${details.join("; ")})`,
  ].join("");
}

/** What a member is, as a noun: "host a.example.com"; what this release cannot read is told by its key. */
export function describeMember(member: Change["member"], value: unknown, names: Names = NO_NAMES): string {
  const parsed = parseEntry(member, value);
  const { words } = kindOf(member.kind);
  return parsed.ok ? words.noun(member, parsed.entry.value, names) : formatMember(member);
}

const NO_NAMES: Names = { publisher: () => null, person: () => null, program: () => null };

const isAbsent = (value: unknown) => value === null || value === undefined;

/** `true` at the root says no more than that the member is there, which the verb says. */
const isPresence = ({ path, before, after }: ChangedLeaf) =>
  path === "" && [before, after].every((value) => value === undefined || value === true);

function leafText(value: unknown, write: ((value: unknown, names: Names) => string) | undefined, names: Names): string {
  if (value === undefined || value === null) return "none";
  if (write !== undefined) return write(value, names);
  if (Array.isArray(value))
    return value.length === 0 ? "[]" : value.map((item) => leafText(item, undefined, names)).join(", ");
  if (typeof value === "string") return quoted(value);
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
