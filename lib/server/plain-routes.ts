import { z } from "zod";
import { plainReadinessSchema, readinessSchema } from "@/lib/contracts/readiness";
import { STREAM_PATH } from "@/lib/contracts/stream";
import { describeRoute } from "@/lib/http/route-description";

/** What everybody may ask. */
export const plainRoutes = {
  health: describeRoute({
    method: "GET",
    path: "/api/health",
    summary: "Whether the process lives; nothing else is asked.",
    actor: "public",
    permission: null,
    output: z.object({ status: z.literal("ok"), version: z.string(), store: z.enum(["pglite", "postgres"]) }),
    maxBytes: 0,
    answersHead: true,
    refusals: [],
  }),
  ready: describeRoute({
    method: "GET",
    path: "/api/ready",
    summary:
      "What the process stands on, by name: 503 with the same body where a check failed. With verbose, for a session or from this machine, also what was found, what to do, and what runs.",
    actor: "public",
    permission: null,
    input: { query: z.object({ verbose: z.string().max(8).optional() }) },
    output: { kind: "raw", contentType: "application/json", shape: z.union([readinessSchema, plainReadinessSchema]) },
    maxBytes: 0,
    answersHead: true,
    refusals: ["unauthenticated"],
  }),
  openapi: describeRoute({
    method: "GET",
    path: "/api/openapi.json",
    summary: "This description.",
    actor: "public",
    permission: null,
    output: { kind: "raw", contentType: "application/json" },
    maxBytes: 0,
    refusals: [],
  }),
} as const;

/** The browser's stream; written by plain node http, beside the console's other calls, which are Next's. */
export const consoleStreamRoute = describeRoute({
  method: "GET",
  path: STREAM_PATH,
  summary: "Server-sent events that tell which reads are out of date.",
  actor: "person",
  permission: "console.read",
  output: { kind: "raw", contentType: "text/event-stream" },
  maxBytes: 0,
  refusals: [],
});
