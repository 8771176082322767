import { ERROR_LISTS, type ErrorPage, errorPages, pagesOf } from "../../core/errors/error-pages";
import { LIST_WORDS, MENDER_WORDS } from "../../core/errors/error-words";
import { type Command, failure } from "../command";

export const explainCommand: Command = {
  name: "explain",
  summary: "say what an error code means, who mends it, and how",
  about:
    "Of every code that a device, the platform or this command line answers with. Without a code it lists all of them.",
  argument: {
    name: "CODE",
    min: 0,
    max: 1,
    help: "as it was answered; letter case may be left out",
    completes: "code",
  },
  options: {},
  examples: [
    { line: "bulkhead explain HOST_NOT_ALLOWED", does: "what it means, who mends it, and how" },
    { line: "bulkhead explain", does: "every code, by list" },
  ],
  json: { pages: "one object for each list that has the code: { code, list, means, who, how }" },
  async run({ positionals: [code] }) {
    if (code === undefined) return { ok: true, text: allCodes(), json: { pages: errorPages() }, next: NEXT };
    const exact = pagesOf(code);
    const same = errorPages().filter((page) => page.code.toLowerCase() === code.toLowerCase());
    const pages = exact.length > 0 ? exact : same;
    if (pages.length === 0) {
      const near = nearest(code);
      const also = near.length === 0 ? "" : `; near it: ${near.join(", ")}`;
      return failure("UNKNOWN_CODE", `no code ${JSON.stringify(code)}${also}`);
    }
    return {
      ok: true,
      text: pages.map(sayPage).join("\n\n"),
      json: { pages },
      next: pages.length === 1 ? (pages[0]?.how ?? NEXT) : NEXT,
    };
  },
};

const NEXT = "bulkhead explain CODE";

function sayPage({ code, list, means, who, how }: ErrorPage): string {
  return [
    `${code}, ${LIST_WORDS[list].name}`,
    `  ${means}`,
    `  Who mends it: ${MENDER_WORDS[who]}.`,
    `  How: ${how}`,
  ].join("\n");
}

function allCodes(): string {
  return ERROR_LISTS.map((list) => {
    const codes = errorPages().filter((page) => page.list === list);
    return [`${LIST_WORDS[list].name}:`, ...codes.map(({ code }) => `  ${code}`)].join("\n");
  }).join("\n\n");
}

/** Codes that share a word with it. */
function nearest(given: string): string[] {
  const words = given
    .toUpperCase()
    .split(/[^A-Z0-9]+/)
    .filter((word) => word.length > 3);
  const isNear = ({ code }: ErrorPage) => words.some((word) => code.toUpperCase().split("_").includes(word));
  return [
    ...new Set(
      errorPages()
        .filter(isNear)
        .map(({ code }) => code),
    ),
  ].slice(0, 5);
}
