"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Button } from "@/components/ui/button";
import { State } from "@/components/ui/state";
import type { HandoverView, PersonView } from "@/lib/contracts/people";
import { showPersonCode, showPersonLink } from "@/lib/queries/people";
import { ShownOnce } from "./shown-once";

/** A sign-in that is being given: who has which half, and the reader's own, which is shown once. */
export function Halves({ person, handover }: { person: PersonView; handover: HandoverView }) {
  const client = useQueryClient();
  const link = useMutation({ mutationFn: () => showPersonLink(client, person.id) });
  const code = useMutation({ mutationFn: () => showPersonCode(client, person.id) });
  const failure = link.error ?? code.error;
  return (
    <div className="grid gap-2">
      <ul>
        <Half word="Link" half={handover.link} />
        <Half word="Code" half={handover.code} />
      </ul>
      {handover.mine === "link" && (
        <span>
          <Button size="small" tone="primary" busy={link.isPending && "Making…"} onClick={() => link.mutate()}>
            Show the link, once
          </Button>
        </span>
      )}
      {handover.mine === "code" && (
        <span>
          <Button size="small" tone="primary" busy={code.isPending && "Making…"} onClick={() => code.mutate()}>
            Show the code, once
          </Button>
        </span>
      )}
      {link.data && (
        <ShownOnce to={person.name} link={link.data.link} expiresAt={link.data.expiresAt}>
          <p className="text-muted">
            <bdi>{handover.code.to.name}</bdi> gives <bdi>{person.name}</bdi> the code that goes with it.
          </p>
        </ShownOnce>
      )}
      {code.data && (
        <ShownOnce to={person.name} code={code.data.code} expiresAt={code.data.expiresAt}>
          <p className="text-muted">
            <bdi>{handover.link.to.name}</bdi> gives <bdi>{person.name}</bdi> the link that it goes with. Five wrong
            codes end both.
          </p>
        </ShownOnce>
      )}
      {failure && <p role="alert">{failure.message}</p>}
    </div>
  );
}

function Half({ word, half }: { word: string; half: HandoverView["link"] }) {
  return (
    <li className="flex min-h-6 flex-wrap items-center gap-x-2">
      <State mark={half.isShown ? "yes" : "waiting"}>{word}</State>
      <span className="min-w-0 text-muted">
        {half.isShown ? "was shown to" : "waits for"} <bdi>{half.to.name}</bdi>
      </span>
    </li>
  );
}
