"use client";

import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useMemo, useReducer } from "react";
import type { ChangeInput } from "@/lib/contracts/change-sets";
import { writtenOf } from "@/lib/domain/kinds";
import type { MemberKind, MemberOf, MemberValues } from "@/lib/domain/members";
import { isSameValue } from "@/lib/domain/same-value";
import { placeIssues } from "@/lib/domain/texts/place-issues";
import type { Texts } from "@/lib/domain/texts/taken";
import { mendText, type TextIssue } from "@/lib/domain/texts/text-issues";
import { previewQuery } from "@/lib/queries/change-sets";
import { type ChangeIssue, issuesOfError } from "./change-issues";

type State = { texts: Texts; written: ReadonlySet<string>; isRemoved: boolean };
type Step = { field: string; text: string } | { isRemoved: boolean };

function step(state: State, next: Step): State {
  if ("isRemoved" in next) return { ...state, isRemoved: next.isRemoved };
  return {
    ...state,
    texts: { ...state.texts, [next.field]: next.text },
    written: new Set([...state.written, next.field]),
  };
}

type MemberFormInput<K extends MemberKind> = {
  member: MemberOf<K>;
  /** The member's key as changes name it. */
  memberKey: string;
  /** What is published, or null. */
  value: MemberValues[K] | null;
  /** Where the texts start. */
  start: Partial<MemberValues[K]>;
  /** For values after the first, of a kind that reads several. */
  moreKey?: string;
};

/** What a form's texts say, what is wrong with them, and the changes that they make: a reducer around the kind's own reading. */
export function useMemberForm<K extends MemberKind>(input: MemberFormInput<K>) {
  const { member, memberKey, value, start, moreKey = memberKey } = input;
  const written = writtenOf(member);
  const [state, dispatch] = useReducer(step, null, () => ({
    texts: written.write(start, member),
    written: new Set<string>(),
    isRemoved: false,
  }));
  const { texts, isRemoved } = state;
  const taken = useMemo(() => written.read(texts, member), [written, texts, member]);
  const changes = useMemo<ChangeInput[]>(() => {
    if (isRemoved) return value === null ? [] : [{ member: memberKey, after: null }];
    if (taken.issues.length > 0) return [];
    const all = taken.values.map((after, index) => ({ member: index === 0 ? memberKey : moreKey, after }));
    return all.filter(({ after }, index) => index > 0 || !isSameValue(value, after));
  }, [isRemoved, taken, value, memberKey, moreKey]);
  const preview = useQuery(previewQuery(useDeferredValue(changes)));
  const refused = useMemo(() => issuesOfError(preview.error, changes), [preview.error, changes]);
  const ofTexts = placeIssues(isRemoved ? [] : taken.issues, ({ field }) => field, written.fields);
  const ofServer = placeIssues(changes.length === 0 ? [] : refused, ({ path }) => path, written.fields);
  return {
    texts,
    taken,
    isRemoved,
    changes,
    /** What is wrong with a field: in the form's own reading once it was written or is not empty, and by the server. */
    issuesAt(field: string): { own: readonly TextIssue[]; server: readonly ChangeIssue[] } {
      const isSilent = (texts[field] ?? "").trim() === "" && !state.written.has(field);
      return {
        own: isSilent ? [] : (ofTexts.byField.get(field) ?? []),
        server: ofServer.byField.get(field) ?? [],
      };
    },
    /** What is wrong first, for whoever asks why nothing can be decided. */
    firstIssue: isRemoved ? null : (taken.issues[0] ?? null),
    fields: written.fields,
    write: (field: string, text: string) => dispatch({ field, text }),
    mend: (issue: TextIssue, isLeftOut: boolean) =>
      dispatch({ field: issue.field, text: mendText(texts[issue.field] ?? "", issue, isLeftOut) }),
    remove: (next: boolean) => dispatch({ isRemoved: next }),
  };
}

export type MemberForm = ReturnType<typeof useMemberForm>;
