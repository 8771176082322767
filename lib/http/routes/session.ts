import { z } from "zod";
import { sessionViewSchema } from "@/lib/contracts/people";
import { describeRoute } from "../route-description";
import { BASE, id, none, read, write } from "./bases";

export const sessionRoutes = {
  getSession: describeRoute({
    ...read,
    permission: "signed-in",
    path: `${BASE}/session`,
    summary: "Who is signed in, and what waits for them",
    output: sessionViewSchema,
    refusals: [],
  }),
  switchPerson: describeRoute({
    ...write,
    permission: "signed-in",
    path: `${BASE}/session/switch`,
    summary: "Continue as another person; in development stores alone",
    input: { body: z.object({ personId: id }) },
    output: none,
    refusals: ["not_found", "forbidden"],
  }),
  signOut: describeRoute({
    ...read,
    method: "DELETE",
    permission: "signed-in",
    path: `${BASE}/session`,
    summary: "End this session; with everywhere=true every session of the person",
    input: { query: z.object({ everywhere: z.literal("true").optional() }) },
    output: none,
    successStatus: 204,
    refusals: [],
  }),
} as const;
