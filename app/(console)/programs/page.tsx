import { dehydrate, HydrationBoundary } from "@tanstack/react-query";
import type { Metadata } from "next";
import { requireActor } from "@/lib/auth/actor";
import { programListQuery } from "@/lib/queries/programs";
import { services } from "@/lib/services/context";
import { listPrograms } from "@/lib/services/programs/list-programs";
import { prefetching } from "../../_parts/prefetching";
import { ProgramsClient } from "./client";
import { readProgramFilter } from "./search-params";

export const metadata: Metadata = { title: "Programs" };

type ProgramsPageProps = { searchParams: Promise<Record<string, string | string[] | undefined>> };

export default async function ProgramsPage({ searchParams }: ProgramsPageProps) {
  const { actor } = await requireActor();
  const filter = readProgramFilter(await searchParams);
  const client = await prefetching([[programListQuery(filter), () => listPrograms(services(), actor, filter)]]);
  return (
    <HydrationBoundary state={dehydrate(client)}>
      <ProgramsClient />
    </HydrationBoundary>
  );
}
