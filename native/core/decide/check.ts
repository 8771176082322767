import type { DecisionCode, DecisionLayer } from "../codes";

/**
 * One check of an order (spec §5): its name, the code and layer of its refusal, the form of the rule that it names, and
 * how it judges. The orders are tables of these, each typed once: deciding walks them to the first refusal, explaining to
 * the end.
 */
export type Check<Walk, Name extends string = string> = {
  readonly check: Name;
  /** What of a question it is about. */
  readonly part: "call" | "host" | "rate" | "hop" | "address";
  readonly code: DecisionCode;
  readonly layer: DecisionLayer;
  /** The pointers that it may name, `*` for one token; null: it names none. */
  readonly rule: string | null;
  /**
   * The pointer that refuses, or null for a refusal by no rule; undefined where the walk passes. What it finds it leaves
   * in the walk for the checks after it; none is asked before all those before it have passed.
   */
  readonly refuse: (walk: Walk) => string | null | undefined;
};
