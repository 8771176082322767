import { z } from "zod";
import { API_CODES, DECISION_LAYERS, EGRESS_CODES, HOST_CODES } from "../codes";
import { NETWORK_CALL_CHECKS } from "./api-checks";
import { ADDRESS_CHECKS } from "./decide-address";
import { REDIRECT_CHECKS } from "./decide-redirect";

/** Every check of every order, each once. */
export const CHECK_NAMES = [
  ...NETWORK_CALL_CHECKS.map(({ check }) => check),
  ...REDIRECT_CHECKS.filter(({ part }) => part === "hop").map(({ check }) => check),
  ...ADDRESS_CHECKS.map(({ check }) => check),
];
export type CheckName = (typeof CHECK_NAMES)[number];

/** What keeps the nearest rule, grant, version or API from being the one that was asked for (spec 5.52). */
export const MISSES = [
  "NAME",
  "VERSION",
  "LABEL",
  "FROM_VERSION",
  "SET_ASIDE",
  "INERT",
  "UNTIL",
  "PORT",
  "PURPOSE",
  "CONSENT",
  "CONSTRAINT",
  "RATE",
] as const;
export type Miss = (typeof MISSES)[number];

/** A value of a question or a document, as a check saw or wanted it. Null: none. */
export const traceValueShape = z.union([
  z.string(),
  z.number(),
  z.boolean(),
  z.null(),
  z.array(z.union([z.string(), z.number()])),
]);
export type TraceValue = z.infer<typeof traceValueShape>;

const checked = {
  check: z.enum(CHECK_NAMES),
  code: z.enum([...API_CODES, ...HOST_CODES, ...EGRESS_CODES]),
  layer: z.enum(DECISION_LAYERS),
};
const step = z.discriminatedUnion("state", [
  z.strictObject({
    ...checked,
    state: z.enum(["passed", "failed"]),
    at: z.string().nullable(),
    seen: traceValueShape,
    wanted: traceValueShape,
  }),
  z.strictObject({ ...checked, state: z.literal("not_reached") }),
]);
/** One check: what it looked at, a pointer into the document of its layer, what it saw there, and what would pass. */
export type Step = z.infer<typeof step>;

const nearest = z.strictObject({
  at: z.string().nullable(),
  name: z.string(),
  misses: z.array(z.enum(MISSES)).min(1),
});
export type Nearest = z.infer<typeof nearest>;

/** How a decision came about (spec 5.50). */
export const traceShape = z.strictObject({
  decision: z.enum(["allow", "deny"]),
  code: checked.code,
  layer: checked.layer,
  rule: z.string().nullable(),
  checks: z.array(step),
  nearest: nearest.nullable(),
  /** Where the code is explained, `errors/CODE`, resolved by whoever shows it; null where it is allowed. */
  help: z.string().nullable(),
});
export type Trace = z.infer<typeof traceShape>;
