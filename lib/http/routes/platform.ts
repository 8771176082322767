import { namePlatformInputSchema, platformNameSchema } from "@/lib/contracts/platform";
import { describeRoute } from "../route-description";
import { BASE, SMALL_BYTES, write } from "./bases";

export const platformRoutes = {
  namePlatform: describeRoute({
    ...write,
    permission: "settings.manage",
    maxBytes: SMALL_BYTES,
    path: `${BASE}/platform/name`,
    summary: "Name the platform, as long as set-up goes on",
    input: { body: namePlatformInputSchema },
    output: platformNameSchema,
    refusals: ["conflict"],
  }),
} as const;
