import { z } from "zod";
import { denialDetailSchema, denialListSchema } from "@/lib/contracts/programs";
import { cursorSchema, timeRangeSchema } from "@/lib/contracts/shared";
import { describeRoute } from "../route-description";
import { BASE, seesConsole } from "./bases";

export const denialsRoutes = {
  listDenials: describeRoute({
    ...seesConsole,
    path: `${BASE}/denials`,
    summary: "Denials of all programs",
    input: {
      query: z.object({
        range: timeRangeSchema.default("24h"),
        cause: z.string().max(16).optional(),
        cursor: cursorSchema,
      }),
    },
    output: denialListSchema,
    refusals: [],
  }),
  getDenial: describeRoute({
    ...seesConsole,
    path: `${BASE}/denials/{denialId}`,
    summary: "One denial explained",
    input: { params: z.object({ denialId: z.string().min(16).max(64) }) },
    output: denialDetailSchema,
    refusals: ["not_found"],
  }),
} as const;
