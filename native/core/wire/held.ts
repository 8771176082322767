import { z } from "zod";

const counter = z.int().min(1).max(Number.MAX_SAFE_INTEGER);

/** The answer to a handed-back document (spec 7.9): where it stands, and whether the server knew it. */
export const heldAnswerShape = z.object({
  epoch: counter,
  revision: counter,
  result: z.enum(["learned", "known"]),
});
export type HeldAnswer = z.infer<typeof heldAnswerShape>;
