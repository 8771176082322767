import { z } from "zod";

/** Body of `POST /api/runtime/v1/token`. */
export const tokenRequestShape = z.object({ assertion: z.string().min(1).max(4096) });
export type TokenRequest = z.infer<typeof tokenRequestShape>;

/** Answer to it; `serverTime` is in whole seconds. */
export const tokenResponseShape = z.object({
  accessToken: z.string().min(1).max(4096),
  expiresInSeconds: z.int().min(1).max(86_400),
  serverTime: z.int().min(1),
});
export type TokenResponse = z.infer<typeof tokenResponseShape>;
