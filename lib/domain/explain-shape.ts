import { kindOf } from "./kinds";
import type { Member } from "./members";
import { sayTextIssue, TEXT_ISSUES } from "./texts/text-issues";

/** Why what stands at `path` of a value does not fit the member's shape, as a form would say it of the same text. */
export function explainShape(member: Member, value: unknown, path: string): string {
  const { text } = kindOf(member.kind);
  if (!("read" in text)) return TEXT_ISSUES.VALUE_FORMAT;
  const field = text.fields.find((own) => path === own || path.startsWith(`${own}/`));
  const leaf = path.split("/").slice(1).reduce(step, value);
  if (field === undefined || (typeof leaf !== "string" && typeof leaf !== "number")) return TEXT_ISSUES.VALUE_FORMAT;
  const issue = text.read({ [field]: String(leaf) }, member).issues.find((one) => one.field === field);
  return issue === undefined ? TEXT_ISSUES.VALUE_FORMAT : sayTextIssue(issue);
}

function step(value: unknown, name: string): unknown {
  const isParent = typeof value === "object" && value !== null && Object.hasOwn(value, name);
  return isParent ? (value as Record<string, unknown>)[name] : undefined;
}
