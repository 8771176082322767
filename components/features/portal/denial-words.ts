import denials from "@/native/catalog/denials.en.json" with { type: "json" };
import { DENIAL_CODES } from "@/native/core/codes";

type Words = {
  /** What happens; `{target}` is the host or the API. */
  happens: string;
  /** What its developers can do. */
  remedy: string;
};

/** What a refusal is to the program's developers, by its code: the sentences of its page (`docs/errors/`). */
const WORDS: Readonly<Record<string, { means: string; how: string }>> = denials;

const NOT_GRANTED: Words = {
  happens: "Calls of {target} are refused",
  remedy:
    "It is declared, and the platform does not grant it: give a better reason in the next version, or do without.",
};

/** Of a code that no list has, nothing more than that is said. What is declared already need not be declared. */
export function denialWords(code: string, layer: string): Words {
  const known = DENIAL_CODES.find((one) => one === code);
  const words = known === undefined ? undefined : WORDS[known];
  if (words === undefined) {
    return code === "ALLOWED"
      ? { happens: "Calls of {target} were allowed", remedy: "Nothing." }
      : { happens: "Calls of {target} are refused", remedy: "Read the checks of the denial." };
  }
  return known === "PERMISSION_DENIED" && layer === "grant" ? NOT_GRANTED : { happens: words.means, remedy: words.how };
}
