import { z } from "zod";
import { draftSchema } from "@/lib/contracts/change-sets";
import {
  createPublisherInputSchema,
  proposeKeyInputSchema,
  publisherListQuerySchema,
  publisherListSchema,
  publisherTokenSchema,
  publisherViewSchema,
} from "@/lib/contracts/publishers";
import { describeRoute } from "../route-description";
import { BASE, byId, id, none, read, SMALL_BYTES, seesConsole, write } from "./bases";

export const publishersRoutes = {
  listPublishers: describeRoute({
    ...seesConsole,
    path: `${BASE}/publishers`,
    summary: "Publishers with keys and programs",
    input: { query: publisherListQuerySchema },
    output: publisherListSchema,
    refusals: [],
  }),
  getPublisher: describeRoute({
    ...seesConsole,
    path: `${BASE}/publishers/{id}`,
    summary: "One publisher",
    input: { params: byId },
    output: publisherViewSchema,
    refusals: ["not_found"],
  }),
  createPublisher: describeRoute({
    ...write,
    permission: "programs.register",
    path: `${BASE}/publishers`,
    summary: "Register a publisher",
    input: { body: createPublisherInputSchema },
    output: publisherViewSchema,
    successStatus: 201,
    refusals: ["conflict"],
  }),
  proposePublisherKey: describeRoute({
    ...write,
    permission: "changes.propose",
    path: `${BASE}/publishers/{id}/keys`,
    summary: "Add a publisher's key to my draft",
    input: { params: byId, body: proposeKeyInputSchema },
    output: draftSchema,
    refusals: ["not_found", "conflict"],
  }),
  createPublisherToken: describeRoute({
    ...write,
    permission: ["programs.register", "keys.manage"],
    maxBytes: SMALL_BYTES,
    path: `${BASE}/publishers/{id}/tokens`,
    summary: "Make a token for a publisher's tools; shown once",
    input: { params: byId, body: none },
    output: publisherTokenSchema,
    successStatus: 201,
    refusals: ["not_found"],
  }),
  revokePublisherToken: describeRoute({
    ...read,
    method: "DELETE",
    permission: ["programs.register", "keys.manage"],
    path: `${BASE}/publishers/{id}/tokens/{tokenId}`,
    summary: "Revoke a publisher's token",
    input: { params: z.object({ id, tokenId: id }) },
    output: none,
    successStatus: 204,
    refusals: ["not_found"],
  }),
} as const;
