import { dehydrate, HydrationBoundary } from "@tanstack/react-query";
import type { Metadata } from "next";
import { requireActor } from "@/lib/auth/actor";
import { byApp } from "@/lib/http/routes/bases";
import { denialsQuery } from "@/lib/queries/programs";
import { services } from "@/lib/services/context";
import { listDenials } from "@/lib/services/denials/list-denials";
import { addressed } from "../../../../_parts/addressed";
import { prefetching } from "../../../../_parts/prefetching";
import { readVersion } from "../access/search-params";
import { readRange } from "../search-params";
import { BlockedClient } from "./client";
import { readCauseFilter } from "./search-params";

export const metadata: Metadata = { title: "Blocked" };

type BlockedPageProps = {
  params: Promise<{ appId: string }>;
  searchParams: Promise<Record<string, string | undefined>>;
};

export default async function BlockedPage({ params, searchParams }: BlockedPageProps) {
  const { actor } = await requireActor();
  const { appId } = await addressed(byApp, params);
  const search = await searchParams;
  const range = readRange(search.range);
  const version = readVersion(search.version);
  const filter = readCauseFilter(search);
  const client = await prefetching([
    [
      denialsQuery(appId, range, version, filter),
      () => listDenials(services(), actor, { appId, range, version, filter }),
    ],
  ]);
  return (
    <HydrationBoundary state={dehydrate(client)}>
      <BlockedClient appId={appId} />
    </HydrationBoundary>
  );
}
