import { z } from "zod";

/** The body of every refusal (spec §7). `serverTime` (whole seconds) comes with `clock_skew` alone. */
export const errorBodyShape = z.object({
  requestId: z.string().max(128).optional(),
  error: z.object({
    code: z.string().min(1).max(64),
    message: z.string().max(2048).optional(),
    serverTime: z.int().min(1).optional(),
  }),
});
export type ErrorBody = z.infer<typeof errorBodyShape>;
