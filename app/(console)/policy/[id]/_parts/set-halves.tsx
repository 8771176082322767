"use client";

import { useQuery } from "@tanstack/react-query";
import { Panel } from "@/components/blocks/panel";
import { Halves } from "@/components/features/people/halves";
import type { ChangeSetView } from "@/lib/contracts/change-sets";
import { peopleQuery } from "@/lib/queries/people";

/** The sign-ins that a published set gives: its proposer is shown the link here, and whoever approved it the code. */
export function SetHalves({ set }: { set: ChangeSetView }) {
  const { data } = useQuery(peopleQuery({ changeSetId: set.id }));
  return (data?.items ?? []).flatMap((person) => {
    const handover = person.signIn?.handover;
    if (handover?.changeSetId !== set.id) return [];
    return [
      <Panel key={person.id} title={<bdi>{person.name}</bdi>} about="sign-in in two halves" isPadded>
        <Halves person={person} handover={handover} />
      </Panel>,
    ];
  });
}
