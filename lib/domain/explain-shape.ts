import { kindOf } from "./kinds";
import type { Member } from "./members";
import { sayTextIssue, TEXT_ISSUES } from "./texts/text-issues";

/** What a form would say of a value: the sentence, what was written and what would pass, null where none is known. */
export type ExplainedShape = { message: string; seen: string | number | null; wanted: string | number | null };

const UNKNOWN: ExplainedShape = { message: TEXT_ISSUES.VALUE_FORMAT, seen: null, wanted: null };
/** Longer text is not told back: it may be a key. */
const SEEN_MAX = 253;

/** Why what stands at `path` of a value does not fit the member's shape, as a form would say it of the same text. */
export function explainShape(member: Member, value: unknown, path: string): ExplainedShape {
  const { text } = kindOf(member.kind);
  if (!("read" in text)) return UNKNOWN;
  const field = text.fields.find((own) => path === own || path.startsWith(`${own}/`));
  const leaf = path.split("/").slice(1).reduce(step, value);
  if (field === undefined || (typeof leaf !== "string" && typeof leaf !== "number")) return UNKNOWN;
  const issue = text.read({ [field]: String(leaf) }, member).issues.find((one) => one.field === field);
  if (issue === undefined) return UNKNOWN;
  return {
    message: sayTextIssue(issue),
    seen: typeof leaf === "string" && leaf.length > SEEN_MAX ? null : leaf,
    wanted: issue.offer ?? issue.said.choices ?? issue.said.least ?? issue.said.most ?? null,
  };
}

function step(value: unknown, name: string): unknown {
  const isParent = typeof value === "object" && value !== null && Object.hasOwn(value, name);
  return isParent ? (value as Record<string, unknown>)[name] : undefined;
}
