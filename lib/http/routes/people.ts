import {
  codeResultSchema,
  inviteInputSchema,
  inviteResultSchema,
  linkResultSchema,
  peopleListQuerySchema,
  peopleListSchema,
  personViewSchema,
} from "@/lib/contracts/people";
import { describeRoute } from "../route-description";
import { BASE, byId, none, read, SMALL_BYTES, write } from "./bases";

export const peopleRoutes = {
  listPeople: describeRoute({
    ...read,
    permission: "people.read",
    path: `${BASE}/people`,
    summary: "People and roles",
    input: { query: peopleListQuerySchema },
    output: peopleListSchema,
    refusals: [],
  }),
  getPerson: describeRoute({
    ...read,
    permission: "people.read",
    path: `${BASE}/people/{id}`,
    summary: "One person",
    input: { params: byId },
    output: personViewSchema,
    refusals: ["not_found"],
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
    summary: "A one-time link for a person: where they may propose or approve, once, to whoever proposed it",
    input: { params: byId, body: none },
    output: linkResultSchema,
    refusals: ["not_found", "conflict", "precondition_failed"],
  }),
  createPersonCode: describeRoute({
    ...write,
    permission: "changes.approve",
    maxBytes: SMALL_BYTES,
    path: `${BASE}/people/{id}/code`,
    summary: "The code that goes with a person's one-time link: once, to whoever approved it",
    input: { params: byId, body: none },
    output: codeResultSchema,
    refusals: ["not_found", "conflict", "precondition_failed"],
  }),
} as const;
