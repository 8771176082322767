import { approveInputSchema, withReasonSchema } from "@/lib/contracts/change-sets";
import { submissionActionResultSchema } from "@/lib/contracts/publishers";
import { describeRoute } from "../route-description";
import { BASE, byId, write } from "./bases";

export const submissionsRoutes = {
  approveSubmission: describeRoute({
    ...write,
    // One approval lists the version, so it takes the right to publish.
    permission: "changes.publish",
    path: `${BASE}/submissions/{id}/approve`,
    summary: "List a submitted version and grant its public capabilities",
    input: { params: byId, body: approveInputSchema },
    output: submissionActionResultSchema,
    refusals: ["not_found", "conflict", "precondition_failed"],
  }),
  refuseSubmission: describeRoute({
    ...write,
    permission: "changes.approve",
    path: `${BASE}/submissions/{id}/refuse`,
    summary: "Refuse a submitted version, with a reason for its publisher",
    input: { params: byId, body: withReasonSchema },
    output: submissionActionResultSchema,
    refusals: ["not_found", "conflict"],
  }),
} as const;
