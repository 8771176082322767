import sentences from "@/native/catalog/sentences.en.json" with { type: "json" };
import { ERROR_LISTS, type ErrorPage, errorPages } from "@/native/core/errors/error-pages";
import { LIST_WORDS, MENDER_WORDS } from "@/native/core/errors/error-words";
import { type SpecCheck, specChecks } from "./spec-checks";

const FOLDER = "docs/errors";

/** A page's file: in lower case, since some systems hold two names to be one that differ in that alone. */
export function pageFile(code: string): string {
  return `${FOLDER}/${code.toLowerCase()}.md`;
}

/** The pages of all codes and their index, by path, from the closed lists and the specification's table of checks. */
export function errorDocs(decisions: string): ReadonlyMap<string, string> {
  const checks = specChecks(decisions);
  const byFile = new Map<string, ErrorPage[]>();
  for (const page of errorPages()) {
    const file = pageFile(page.code);
    byFile.set(file, [...(byFile.get(file) ?? []), page]);
  }
  const pages = [...byFile].map(([file, senses]) => [file, pageOf(senses, checks)] as const);
  return new Map([...pages, [`${FOLDER}/README.md`, index(checks)]]);
}

function pageOf(senses: readonly ErrorPage[], checks: readonly SpecCheck[]): string {
  const codes = [...new Set(senses.map(({ code }) => code))];
  const lines = senses.flatMap((page) => [
    "",
    `## \`${page.code}\`: ${LIST_WORDS[page.list].name}`,
    `${page.means}`,
    "",
    `- **Who mends it**: ${MENDER_WORDS[page.who]}`,
    `- **How**: ${page.how}`,
    `- **Met** ${LIST_WORDS[page.list].met}`,
    ...(page.list === "denial" ? toldBy(page.code, checks) : []),
  ]);
  return `${[`# ${codes.join(", ")}`, ...lines, "", "[All codes](README.md)"].join("\n")}\n`;
}

/** What each check says that refuses with this code, and what stands in `at`, `seen` and `wanted`. */
function toldBy(code: string, checks: readonly SpecCheck[]): string[] {
  const own = checks.filter((check) => check.code === code);
  const after = Object.entries(sentences.after).find(([name]) => name === code)?.[1];
  if (own.length === 0) {
    const said = after === undefined ? "" : ` It says: "${after.failed}".`;
    return ["", `It ends a call after the decision, so that \`at\`, \`seen\` and \`wanted\` are null.${said}`];
  }
  return [
    "",
    "| check | says | `at` | `seen` | `wanted` |",
    "|---|---|---|---|---|",
    ...own.map(({ check, at, seen, wanted }) => `| \`${check}\` | ${saidBy(check)} | ${at} | ${seen} | ${wanted} |`),
    ...(code === "RATE_LIMITED"
      ? ["", "Of a limit of the program they are null; `limit`, `used` and `retryAfterMs` are told."]
      : []),
  ];
}

function saidBy(check: string): string {
  const said: Readonly<Record<string, { failed: string; failedUnlimited?: string }>> = sentences.checks;
  const found = said[check];
  return [found?.failed, found?.failedUnlimited].filter((text) => text !== undefined).join("; or ");
}

const yes = (cells: readonly string[]) => (cells.some((cell) => cell !== "") ? "yes" : "");

function index(checks: readonly SpecCheck[]): string {
  const lists = ERROR_LISTS.flatMap((list) => [
    "",
    `## ${LIST_WORDS[list].name.replace(/^./, (letter) => letter.toUpperCase())}`,
    `Met ${LIST_WORDS[list].met}.`,
    "",
    list === "denial" ? "| code | means | `at` | `seen` | `wanted` |" : "| code | means |",
    list === "denial" ? "|---|---|---|---|---|" : "|---|---|",
    ...errorPages()
      .filter((page) => page.list === list)
      .map(({ code, means }) => {
        const own = checks.filter((check) => check.code === code);
        const carries = [own.map(({ at }) => at), own.map(({ seen }) => seen), own.map(({ wanted }) => wanted)];
        const told = list === "denial" ? ` ${carries.map(yes).join(" | ")} |` : "";
        return `| [\`${code}\`](${code.toLowerCase()}.md) | ${means} |${told}`;
      }),
  ]);
  return `${[
    "# Error codes",
    "Every refusal has a code of one of these closed lists, and `help`, which is `errors/` and the code: its page is here, under the code in lower",
    "case. At a terminal: `bulkhead explain CODE`. Made from the lists themselves: `npx tsx scripts/docs/write.ts`.",
    "",
    "A refused call also carries `at`, `seen` and `wanted`: where in the documents it was decided, what the check saw, and what would pass",
    "(spec 5.55); the first table says which codes do. So does each of the `details` of an answer over HTTP, of what is known, and each issue",
    "that `bulkhead lint` finds. The other lists carry code, message and help alone.",
    ...lists,
  ].join("\n")}\n`;
}
