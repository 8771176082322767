import { searchInputSchema, searchResultSchema } from "@/lib/contracts/search";
import { describeRoute } from "../route-description";
import { BASE, seesConsole } from "./bases";

export const searchRoutes = {
  search: describeRoute({
    ...seesConsole,
    path: `${BASE}/search`,
    summary: "What is known of a host, a capability, a number, an id or a name",
    input: { query: searchInputSchema },
    output: searchResultSchema,
    refusals: [],
  }),
} as const;
