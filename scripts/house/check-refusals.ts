import { codeOf, isTest } from "./read-imports";

/** Who may write a refusal's status itself, and why; everybody else throws, or hands it to one of these. */
const WRITERS: Readonly<Record<string, string>> = {
  "lib/http/error-response.ts": "every refusal that is an answer: code, message and help",
  "lib/server/busy-page.ts": "a page for people, with what to do in words",
  "lib/server/plain-api.ts": "readiness, whose body is what monitors ask for",
};

const STATUS = /\bwriteHead\(\s*[45]\d\d\b|\bstatus(?:Code)?\s*[:=]\s*[45]\d\d\b|\?\s*[45]\d\d\s*:/;

/** Statuses of refusals that are written past the one place that gives each a code and its page (spec 7.4). */
export function checkRefusals(file: string, source: string): string[] {
  const isDoor = /^(?:lib\/(?:http|server|sync|auth)|app)\//.test(file);
  if (!isDoor || isTest(file) || Object.hasOwn(WRITERS, file)) return [];
  const found = STATUS.exec(codeOf(source));
  return found === null ? [] : [`${file}: ${found[0]} leaves without code and help: see lib/http/error-response.ts`];
}
