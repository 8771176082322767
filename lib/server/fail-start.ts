import { explainStartFailure, startFailureText } from "@/lib/platform/explain-start-failure";
import { createSay } from "./say";
import { type OptionsResult, USAGE } from "./server-options";
import { NotStarted } from "./threads/not-started";

/**
 * Ends the process with exit code 1: cause, what is unaffected, and remedy on stderr, and for programs one event on
 * stdout. A start takes no decision back and removes nothing; a first one may leave keys, which the next takes up.
 */
export function failStart(error: unknown, json: boolean): never {
  const failure = error instanceof NotStarted ? error.failure : explainStartFailure(error);
  const { code, message, remedy } = failure;
  process.stderr.write(
    startFailureText(failure, "Bulkhead did not start", "What was decided and what lies there stands as it was."),
  );
  if (json) createSay(true)("start_failed", "", { code, message, remedy });
  process.exit(1);
}

/** Answers a command line or an environment that cannot be read: all that is wrong, and how it is called. */
export function failOptions(result: Extract<OptionsResult, { ok: false }>, json: boolean): never {
  const isHelp = result.isHelp === true;
  const message = result.problems.join("\n");
  process.stderr.write(isHelp ? USAGE : `${message}\n\n${USAGE}`);
  if (json && !isHelp) {
    createSay(true)("start_failed", "", { code: "invalid_input", message, remedy: "Correct what is named." });
  }
  process.exit(isHelp ? 0 : 1);
}
