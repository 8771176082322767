import type { DecisionCode, DecisionLayer, HostCode } from "../codes";
import type { Pins } from "../shapes/claims";

/**
 * An answer of the evaluator: what, by which layer, and by which rule (spec §5). `rule` is a JSON Pointer into the
 * document that decided, or null where nothing matched.
 */
export type Decision = {
  readonly decision: "allow" | "deny";
  readonly code: DecisionCode;
  readonly layer: DecisionLayer;
  readonly rule: string | null;
};

/** The answer to a host question. `host` and `port` are null where the URL names none that can be read. */
export type HostDecision = Decision & {
  readonly code: HostCode;
  readonly layer: "host" | "platform";
  readonly host: string | null;
  readonly port: number | null;
  /** Pins of the rule that allowed it. */
  readonly pins: Pins | null;
};

/** One token of a JSON Pointer, RFC 6901 §3. */
export function pointerToken(text: string): string {
  return text.includes("~") || text.includes("/") ? text.replaceAll("~", "~0").replaceAll("/", "~1") : text;
}
