import { inviteInputSchema, inviteResultSchema, linkResultSchema, peopleListSchema } from "@/lib/contracts/people";
import { describeRoute } from "../route-description";
import { BASE, byId, none, read, SMALL_BYTES, write } from "./bases";

export const peopleRoutes = {
  listPeople: describeRoute({
    ...read,
    permission: "people.read",
    path: `${BASE}/people`,
    summary: "People and roles",
    output: peopleListSchema,
    refusals: [],
  }),
  invitePerson: describeRoute({
    ...write,
    permission: "people.manage",
    path: `${BASE}/people`,
    summary: "Invite a person",
    input: { body: inviteInputSchema },
    output: inviteResultSchema,
    successStatus: 201,
    refusals: ["conflict", "not_found"],
  }),
  createPersonLink: describeRoute({
    ...write,
    permission: "people.manage",
    maxBytes: SMALL_BYTES,
    path: `${BASE}/people/{id}/link`,
    summary: "A new one-time link for an invited person",
    input: { params: byId, body: none },
    output: linkResultSchema,
    refusals: ["not_found", "precondition_failed"],
  }),
} as const;
