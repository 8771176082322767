import type { DecisionCode } from "../codes";
import { helpOf } from "./help";
import { type AfterCheck, ENGLISH, type Sentences, sayNearest, sayStep } from "./say-trace";
import type { Trace, TraceValue } from "./trace";

/** What a refusal says of itself beside its code (spec 5.55). */
export type Explained = {
  message: string;
  /** A pointer into the document that decided; null where the check looks at none. */
  at: string | null;
  seen: TraceValue;
  wanted: TraceValue;
  help: string;
};

/** Of a decision that was explained: the failed check in one sentence, with what came nearest. */
export function describeTrace({ code, checks, nearest }: Trace, sentences: Sentences = ENGLISH): Explained {
  const failed = checks.find(({ state }) => state === "failed");
  if (failed?.state !== "failed") return describeCode(code, sentences);
  const said = sayStep(failed, sentences) ?? code;
  const { at, seen, wanted } = failed;
  const message = nearest === null ? said : `${said}; ${sayNearest(nearest, sentences)}`;
  return { message, at, seen, wanted, help: helpOf(code) };
}

/** Of a call that ended otherwise: by a limit, the connection, or what it gave. */
export function describeCode(code: DecisionCode, sentences: Sentences = ENGLISH): Explained {
  const after = code === "RATE_LIMITED" ? "LIMITS" : code;
  const message = Object.hasOwn(sentences.after, after)
    ? sentences.after[after as AfterCheck].failed
    : sentences.refused.replace("{code}", code);
  return { message, at: null, seen: null, wanted: null, help: helpOf(code) };
}
