import type { ChangeInput } from "@/lib/contracts/change-sets";
import { isConsoleError } from "@/lib/http/console-client";

/** One thing that the server refuses: `path` is the place in the change's value, or whatever it named where it is about no change. */
export type ChangeIssue = { path: string; text: string };

const OF_CHANGE = /^\/changes\/(\d+)\/(?:after|member)(.*)$/;

/** What an answer says is wrong with these changes, each thing once; with more than one change each says which it is about. */
export function issuesOfError(error: unknown, changes: readonly ChangeInput[]): ChangeIssue[] {
  if (error === null || error === undefined) return [];
  const details = isConsoleError(error) ? error.details : [];
  if (details.length === 0) return [{ path: "", text: error instanceof Error ? error.message : "It was refused." }];
  const issues = details.map(({ path, message }) => {
    const [, nth, inner] = OF_CHANGE.exec(path) ?? [];
    if (nth === undefined) return { path, text: message };
    const name = changes.length > 1 ? nameOf(changes[Number(nth)]?.after) : null;
    return { path: inner ?? "", text: name === null ? message : `${name}: ${message}` };
  });
  return issues.filter(
    (issue, index) => index === issues.findIndex(({ path, text }) => path === issue.path && text === issue.text),
  );
}

/** The name of a value that has one. */
function nameOf(value: unknown): string | null {
  return typeof value === "object" && value !== null && "host" in value && typeof value.host === "string"
    ? value.host
    : null;
}
