/** What a pointer into a document names, as a person says it: "host rule 3", "the grant of camera.capture". */
export function ruleWords(pointer: string): string {
  const [first = "", second = "", third, fourth] = pointer.slice(1).split("/").map(unescapeToken);
  switch (first) {
    case "hosts":
      return `host rule ${ordinal(second)}`;
    case "blockedHosts":
      return second === "" ? "a blocked host of the platform" : `blocked host ${ordinal(second)} of the platform`;
    case "grants":
      return third === undefined
        ? `the grant of ${second}`
        : `${GRANT_PARTS[third] ?? third} of the grant of ${second}${fourth === undefined ? "" : `: ${fourth}`}`;
    case "limits":
      return `the limit ${second}`;
    case "suspended":
      return "the platform's suspension";
    case "status":
      return "the program's status";
    case "minRuntime":
      return `the least runtime for ${second}`;
    case "minRevisions":
      return "the least revision that the platform asks for";
    case "versions":
      return third === "declares" ? "what the version declares" : "the listed versions";
    case "epoch":
      return "the epoch";
    case "exp":
      return "the end of the documents";
    default:
      return pointer;
  }
}

const GRANT_PARTS: Readonly<Record<string, string>> = {
  until: "the end",
  consent: "the consent",
  constraints: "a constraint",
};

/** A place of a list, counted from one; a token that is no place as it is. */
const ordinal = (token: string): string => (/^\d+$/.test(token) ? String(Number(token) + 1) : token);

/** RFC 6901 §4. */
const unescapeToken = (token: string): string => token.replaceAll("~1", "/").replaceAll("~0", "~");
