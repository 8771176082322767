import type { z } from "zod";
import {
  approveInputSchema,
  changeSetDetailSchema,
  changeSetListQuerySchema,
  changeSetListSchema,
  changeSetViewSchema,
  changesInputSchema,
  decisionInputSchema,
  draftSchema,
  previewSchema,
  splitResultSchema,
  withReasonSchema,
} from "@/lib/contracts/change-sets";
import { describeRoute, type PersonPermission } from "../route-description";
import { BASE, byId, none, seesConsole, write } from "./bases";

export const changeSetsRoutes = {
  listChangeSets: describeRoute({
    ...seesConsole,
    path: `${BASE}/change-sets`,
    summary: "Change sets, newest first",
    input: { query: changeSetListQuerySchema },
    output: changeSetListSchema,
    refusals: [],
  }),
  getDraft: describeRoute({
    ...seesConsole,
    path: `${BASE}/change-sets/draft`,
    summary: "My draft",
    output: draftSchema,
    refusals: [],
  }),
  getChangeSet: describeRoute({
    ...seesConsole,
    path: `${BASE}/change-sets/{id}`,
    summary: "One change set",
    input: { params: byId },
    output: changeSetDetailSchema,
    refusals: ["not_found"],
  }),
  previewChanges: describeRoute({
    ...write,
    permission: "changes.propose",
    path: `${BASE}/change-sets/preview`,
    summary: "What these changes would be; writes nothing",
    input: { body: changesInputSchema },
    output: previewSchema,
    refusals: ["not_found"],
  }),
  editDraft: describeRoute({
    ...write,
    permission: "changes.propose",
    path: `${BASE}/change-sets/edit`,
    summary: "Add, replace or take back changes in my draft",
    input: { body: changesInputSchema },
    output: draftSchema,
    refusals: ["not_found", "conflict"],
  }),
  proposeNow: describeRoute({
    ...write,
    permission: "changes.propose",
    path: `${BASE}/change-sets/propose`,
    summary: "Ask for approval of these changes at once, beside my draft",
    input: { body: decisionInputSchema },
    output: changeSetViewSchema,
    refusals: ["not_found", "conflict"],
  }),
  narrowNow: describeRoute({
    ...write,
    permission: ["changes.narrow", "changes.propose"],
    path: `${BASE}/change-sets/narrow`,
    summary: "Publish at once what is proven to narrow",
    input: { body: decisionInputSchema },
    output: changeSetViewSchema,
    refusals: ["not_found", "conflict", "precondition_failed"],
  }),
  discardChangeSet: changeSetVerb("discard", "changes.propose", "Discard my draft"),
  splitChangeSet: describeRoute({
    ...write,
    permission: "changes.propose",
    path: `${BASE}/change-sets/{id}/split`,
    summary: "Part what narrows from what widens",
    input: { params: byId, body: withReasonSchema },
    output: splitResultSchema,
    refusals: ["not_found", "conflict", "precondition_failed"],
  }),
  proposeChangeSet: changeSetVerb("propose", "changes.propose", "Propose my draft", withReasonSchema),
  withdrawChangeSet: changeSetVerb("withdraw", "changes.propose", "Take back a proposal of mine"),
  approveChangeSet: changeSetVerb("approve", "changes.approve", "Approve another's proposal", approveInputSchema),
  refuseChangeSet: changeSetVerb("refuse", "changes.approve", "Refuse another's proposal", withReasonSchema),
  publishChangeSet: changeSetVerb("publish", ["changes.publish", "changes.propose"], "Publish an approved set"),
  narrowChangeSet: changeSetVerb(
    "narrow",
    ["changes.narrow", "changes.propose"],
    "Publish a draft that narrows",
    withReasonSchema,
  ),
  undoChangeSet: changeSetVerb(
    "undo",
    ["changes.narrow", "changes.propose"],
    "Return what I narrowed within 15 minutes",
  ),
} as const;

function changeSetVerb<V extends string, B extends z.ZodType = typeof none>(
  verb: V,
  permission: PersonPermission,
  summary: string,
  body?: B,
) {
  return describeRoute({
    ...write,
    permission,
    path: `${BASE}/change-sets/{id}/${verb}`,
    summary,
    // Safe: `B` is the type of `none` exactly when no body shape was given.
    input: { params: byId, body: (body ?? none) as B },
    output: changeSetViewSchema,
    refusals: ["not_found", "conflict", "precondition_failed"],
  });
}
