import { keepPreviousData, type QueryClient, queryOptions } from "@tanstack/react-query";
import type { ChangeInput } from "@/lib/contracts/change-sets";
import { changeSetsRoutes } from "@/lib/http/addresses";
import { callConsole } from "@/lib/http/console-client";

export const changeSetsRoot = ["change-sets"] as const;

export const draftQuery = () =>
  queryOptions({
    queryKey: [...changeSetsRoot, "draft"] as const,
    queryFn: ({ signal }) => callConsole(changeSetsRoutes.getDraft, { signal }),
  });

export const changeSetListQuery = (state: "open" | "ended" | "all") =>
  queryOptions({
    queryKey: [...changeSetsRoot, "list", state] as const,
    queryFn: ({ signal }) => callConsole(changeSetsRoutes.listChangeSets, { signal, query: { state } }),
    placeholderData: keepPreviousData,
  });

export const readOlderChangeSets = (state: "open" | "ended" | "all", cursor: string) =>
  callConsole(changeSetsRoutes.listChangeSets, { query: { state, cursor } });

export const changeSetQuery = (id: string) =>
  queryOptions({
    queryKey: [...changeSetsRoot, "one", id] as const,
    queryFn: ({ signal }) => callConsole(changeSetsRoutes.getChangeSet, { signal, params: { id } }),
  });

/** What would these changes be? Nothing is written. */
export const previewQuery = (changes: readonly ChangeInput[]) =>
  queryOptions({
    queryKey: [...changeSetsRoot, "preview", changes] as const,
    queryFn: () => callConsole(changeSetsRoutes.previewChanges, { body: { changes: [...changes] } }),
    enabled: changes.length > 0,
    placeholderData: keepPreviousData,
  });

/** A decision moves documents, programs, lists and the audit log: all that could have been read is out of date. */
async function afterDecision(client: QueryClient): Promise<void> {
  await client.invalidateQueries();
}

/** Puts the changes into my draft. A change whose value is the published one leaves it again. */
export async function editDraft(client: QueryClient, changes: readonly ChangeInput[]) {
  const draft = await callConsole(changeSetsRoutes.editDraft, { body: { changes: [...changes] } });
  await client.invalidateQueries({ queryKey: changeSetsRoot });
  return draft.draft;
}

/** Asks for another's approval at once, beside my draft. */
export async function proposeNow(client: QueryClient, changes: readonly ChangeInput[], reason: string) {
  const view = await callConsole(changeSetsRoutes.proposeNow, { body: { changes: [...changes], reason } });
  await client.invalidateQueries({ queryKey: changeSetsRoot });
  return view;
}

/** Publishes at once what is proven to narrow. */
export async function narrowNow(client: QueryClient, changes: readonly ChangeInput[], reason: string) {
  const view = await callConsole(changeSetsRoutes.narrowNow, { body: { changes: [...changes], reason } });
  await afterDecision(client);
  return view;
}

const PLAIN_VERBS = {
  discard: changeSetsRoutes.discardChangeSet,
  withdraw: changeSetsRoutes.withdrawChangeSet,
  publish: changeSetsRoutes.publishChangeSet,
  undo: changeSetsRoutes.undoChangeSet,
};
const VERBS_WITH_REASON = {
  propose: changeSetsRoutes.proposeChangeSet,
  approve: changeSetsRoutes.approveChangeSet,
  refuse: changeSetsRoutes.refuseChangeSet,
  narrow: changeSetsRoutes.narrowChangeSet,
};
export type DecisionVerb = keyof typeof PLAIN_VERBS | keyof typeof VERBS_WITH_REASON;

const isPlain = (verb: DecisionVerb): verb is keyof typeof PLAIN_VERBS => Object.hasOwn(PLAIN_VERBS, verb);

/** One verb on one change set; `reason` where the verb takes one. */
export async function decideChangeSet(client: QueryClient, id: string, verb: DecisionVerb, reason = "") {
  const params = { id };
  const view = isPlain(verb)
    ? await callConsole(PLAIN_VERBS[verb], { params })
    : await callConsole(VERBS_WITH_REASON[verb], { params, body: { reason } });
  await afterDecision(client);
  return view;
}

/** The draft keeps what widens; what narrows becomes a set of its own. */
export async function splitDraft(client: QueryClient, id: string, reason: string) {
  const result = await callConsole(changeSetsRoutes.splitChangeSet, { params: { id }, body: { reason } });
  await client.invalidateQueries({ queryKey: changeSetsRoot });
  return result;
}
