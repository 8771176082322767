import { runtimeWords } from "@/lib/format/runtime-words";
import { LIMIT_NAMES, RUNTIME_KINDS } from "@/native/core/codes";

/** What a pointer into a document names: "host rule 3"; where it has a name of its own, that stands apart, since a device may tell any. */
export type RuleWords = { words: string; name: string | null };

/**
 * The same in words, where each part of the pointer is a place in a list or of a closed list, or a name in the form of a capability's.
 * Null of any other: a device says what the rule is, and what it makes up is never said in the console's own voice.
 */
export function ruleWords(pointer: string): RuleWords | null {
  const [root, first = "", second, third, fourth] = pointer.split("/").map(unescapeToken);
  if (root !== "") return null;
  switch (first) {
    case "hosts":
      return isPlace(second) ? of(`host rule ${Number(second) + 1}`) : null;
    case "blockedHosts":
      if (second === undefined) return of("a blocked host of the platform");
      return isPlace(second) ? of(`blocked host ${Number(second) + 1} of the platform`) : null;
    case "grants": {
      if (second === undefined || !CAPABILITY.test(second)) return null;
      const part = third === undefined ? "" : GRANT_PARTS.get(third);
      if (part === undefined || (fourth !== undefined && !CONSTRAINT.test(fourth))) return null;
      return of(`${part}the grant of`, fourth === undefined ? second : `${second}: ${fourth}`);
    }
    case "limits":
      return LIMIT_NAMES.some((name) => name === second) ? of("the limit", second ?? null) : null;
    case "minRuntime":
      return RUNTIME_KINDS.some((kind) => kind === second)
        ? of(`the least runtime for ${runtimeWords(second ?? "")}`)
        : null;
    case "versions":
      return of(third === "declares" ? "what the version declares" : "the listed versions");
    default: {
      const words = WORDS.get(first);
      return words === undefined ? null : of(words);
    }
  }
}

const WORDS = new Map([
  ["suspended", "the platform's suspension"],
  ["status", "the program's status"],
  ["minRevisions", "the least revision that the platform asks for"],
  ["epoch", "the epoch"],
  ["exp", "the end of the documents"],
]);
const GRANT_PARTS = new Map([
  ["until", "the end of "],
  ["consent", "the consent of "],
  ["constraints", "a constraint of "],
]);

/** Spec §3. */
const CAPABILITY = /^[a-z]{1,32}\.[a-z]{1,32}$/;
const CONSTRAINT = /^[A-Za-z]{1,32}$/;

const of = (words: string, name: string | null = null): RuleWords => ({ words, name });

const isPlace = (token: string | undefined): boolean => token !== undefined && /^\d{1,9}$/.test(token);

/** RFC 6901 §4. */
const unescapeToken = (token: string): string => token.replaceAll("~1", "/").replaceAll("~0", "~");
