import { dehydrate, HydrationBoundary } from "@tanstack/react-query";
import type { Metadata } from "next";
import { requireActor } from "@/lib/auth/actor";
import { peopleQuery } from "@/lib/queries/people";
import { services } from "@/lib/services/context";
import { listPeople } from "@/lib/services/people/list-people";
import { prefetching } from "../../_parts/prefetching";
import { PeopleClient } from "./client";

export const metadata: Metadata = { title: "People" };

export default async function PeoplePage() {
  const { actor } = await requireActor();
  const client = await prefetching([[peopleQuery(), () => listPeople(services(), actor)]]);
  return (
    <HydrationBoundary state={dehydrate(client)}>
      <PeopleClient />
    </HydrationBoundary>
  );
}
