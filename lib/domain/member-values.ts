import { kindOf } from "./kinds";
import type { ValueIssue } from "./kinds/kind";
import type { Entry, Member } from "./members";

export type { ValueIssue } from "./kinds/kind";
export type ParsedEntry = { ok: true; entry: Entry } | { ok: false; issues: ValueIssue[] };

/**
 * Reads a member's value, made canonical (sets sorted), so that equal decisions have equal texts. Refused with issues:
 * a value of another shape, and one that contradicts its key (a version's code, a runtime kind nobody has).
 */
export function parseEntry(member: Member, value: unknown): ParsedEntry {
  const kind = kindOf(member.kind);
  const parsed = kind.shape.safeParse(value);
  if (!parsed.success) {
    return {
      ok: false,
      issues: parsed.error.issues.map((issue) => ({
        path: issue.path.map((part) => `/${String(part)}`).join(""),
        code: issue.code === "unrecognized_keys" ? "UNKNOWN_MEMBER" : issue.code === "invalid_type" ? "TYPE" : "FORMAT",
      })),
    };
  }
  const issues = typeof kind.checkValue === "function" ? kind.checkValue(member, parsed.data) : [];
  if (issues.length > 0) return { ok: false, issues };
  // Safe because the shape was chosen by the member's kind.
  return { ok: true, entry: { kind: member.kind, member, value: parsed.data } as Entry };
}
