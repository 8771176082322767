import { dehydrate, HydrationBoundary } from "@tanstack/react-query";
import type { Metadata } from "next";
import { requireActor } from "@/lib/auth/actor";
import { peopleQuery } from "@/lib/queries/people";
import { services } from "@/lib/services/context";
import { listPeople } from "@/lib/services/people/list-people";
import { prefetching } from "../../_parts/prefetching";
import { PeopleClient } from "./client";
import { readPeopleFilter } from "./search-params";

export const metadata: Metadata = { title: "People" };

type PeoplePageProps = { searchParams: Promise<Record<string, string | string[] | undefined>> };

export default async function PeoplePage({ searchParams }: PeoplePageProps) {
  const { actor } = await requireActor();
  const filter = readPeopleFilter(await searchParams);
  const client = await prefetching([[peopleQuery(filter), () => listPeople(services(), actor, filter)]]);
  return (
    <HydrationBoundary state={dehydrate(client)}>
      <PeopleClient />
    </HydrationBoundary>
  );
}
