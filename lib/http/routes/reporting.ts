import { reportingQuerySchema, reportingSchema } from "@/lib/contracts/reporting";
import { describeRoute } from "../route-description";
import { BASE, seesConsole } from "./bases";

export const reportingRoutes = {
  getReporting: describeRoute({
    ...seesConsole,
    path: `${BASE}/reporting`,
    summary: "How often devices report at present; what is named reports every few seconds while it is read",
    input: { query: reportingQuerySchema },
    output: reportingSchema,
    refusals: ["not_found"],
  }),
} as const;
