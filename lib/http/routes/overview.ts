import { overviewSchema } from "@/lib/contracts/overview";
import { describeRoute } from "../route-description";
import { BASE, seesConsole } from "./bases";

export const overviewRoutes = {
  getOverview: describeRoute({
    ...seesConsole,
    path: `${BASE}/overview`,
    summary: "What waits, and the health of the loop",
    output: overviewSchema,
    refusals: [],
  }),
} as const;
