import { z } from "zod";
import { denialDetailSchema, denialListSchema } from "@/lib/contracts/programs";
import { cursorSchema, reasonSchema, timeRangeSchema } from "@/lib/contracts/shared";
import { describeRoute } from "../route-description";
import { BASE, byApp, byDenial, none, seesConsole, write } from "./bases";

const byCause = {
  params: byApp.extend({ cause: z.string().regex(/^[0-9a-f]{16}$/) }),
  body: z.object({ reason: reasonSchema }),
};

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
    input: { params: byDenial },
    output: denialDetailSchema,
    refusals: ["not_found"],
  }),
  acknowledgeCause: describeRoute({
    ...write,
    permission: "denials.acknowledge",
    path: `${BASE}/programs/{appId}/causes/{cause}/acknowledge`,
    summary: "Say for everybody that a cause of denials needs nobody again",
    input: byCause,
    output: none,
    refusals: ["not_found"],
  }),
  reopenCause: describeRoute({
    ...write,
    permission: "denials.acknowledge",
    path: `${BASE}/programs/{appId}/causes/{cause}/reopen`,
    summary: "Take that back",
    input: byCause,
    output: none,
    refusals: ["not_found"],
  }),
} as const;
