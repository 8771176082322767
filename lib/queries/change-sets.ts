import { keepPreviousData, type QueryClient, queryOptions } from "@tanstack/react-query";
import {
  type ChangeInput,
  type ChangeSetVerb,
  changeSetDetailSchema,
  changeSetListSchema,
  changeSetViewSchema,
  draftSchema,
  previewSchema,
  splitResultSchema,
} from "@/lib/contracts/change-sets";
import { callConsole } from "@/lib/http/console-client";

export const changeSetsRoot = ["change-sets"] as const;

export const draftQuery = () =>
  queryOptions({
    queryKey: [...changeSetsRoot, "draft"] as const,
    queryFn: ({ signal }) => callConsole("change-sets/draft", draftSchema, { signal }),
  });

export const changeSetListQuery = (state: "open" | "ended" | "all") =>
  queryOptions({
    queryKey: [...changeSetsRoot, "list", state] as const,
    queryFn: ({ signal }) => callConsole("change-sets", changeSetListSchema, { signal, query: { state } }),
    placeholderData: keepPreviousData,
  });

export const readOlderChangeSets = (state: "open" | "ended" | "all", cursor: string) =>
  callConsole("change-sets", changeSetListSchema, { query: { state, cursor } });

export const changeSetQuery = (id: string) =>
  queryOptions({
    queryKey: [...changeSetsRoot, "one", id] as const,
    queryFn: ({ signal }) => callConsole(`change-sets/${encodeURIComponent(id)}`, changeSetDetailSchema, { signal }),
  });

/** What would these changes be? Nothing is written. */
export const previewQuery = (changes: readonly ChangeInput[]) =>
  queryOptions({
    queryKey: [...changeSetsRoot, "preview", changes] as const,
    queryFn: () => callConsole("change-sets/preview", previewSchema, { method: "POST", body: { changes } }),
    enabled: changes.length > 0,
    placeholderData: keepPreviousData,
  });

/** A decision moves documents, programs, lists and the audit log: all that could have been read is out of date. */
async function afterDecision(client: QueryClient): Promise<void> {
  await client.invalidateQueries();
}

/** Puts the changes into my draft. A change whose value is the published one leaves it again. */
export async function editDraft(client: QueryClient, changes: readonly ChangeInput[]) {
  const draft = await callConsole("change-sets/edit", draftSchema, { method: "POST", body: { changes } });
  await client.invalidateQueries({ queryKey: changeSetsRoot });
  return draft.draft;
}

/** Publishes at once what is proven to narrow. */
export async function narrowNow(client: QueryClient, changes: readonly ChangeInput[], reason: string) {
  const view = await callConsole("change-sets/narrow", changeSetViewSchema, {
    method: "POST",
    body: { changes, reason },
  });
  await afterDecision(client);
  return view;
}

export type DecisionVerb = Exclude<ChangeSetVerb, "edit" | "split">;

/** One verb on one change set; `reason` where the verb takes one. */
export async function decideChangeSet(client: QueryClient, id: string, verb: DecisionVerb, reason?: string) {
  const body = reason === undefined ? {} : { reason };
  const path = `change-sets/${encodeURIComponent(id)}/${verb}`;
  const view = await callConsole(path, changeSetViewSchema, { method: "POST", body });
  await afterDecision(client);
  return view;
}

/** The draft keeps what widens; what narrows becomes a set of its own. */
export async function splitDraft(client: QueryClient, id: string, reason: string) {
  const path = `change-sets/${encodeURIComponent(id)}/split`;
  const result = await callConsole(path, splitResultSchema, { method: "POST", body: { reason } });
  await client.invalidateQueries({ queryKey: changeSetsRoot });
  return result;
}
