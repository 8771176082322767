import { dehydrate, HydrationBoundary } from "@tanstack/react-query";
import type { Metadata } from "next";
import { requireActor } from "@/lib/auth/actor";
import { byApp } from "@/lib/http/routes/bases";
import { limitsQuery } from "@/lib/queries/programs";
import { services } from "@/lib/services/context";
import { listLimits } from "@/lib/services/programs/list-limits";
import { addressed } from "../../../../_parts/addressed";
import { prefetching } from "../../../../_parts/prefetching";
import { readRange } from "../search-params";
import { LimitsClient } from "./client";

export const metadata: Metadata = { title: "Limits" };

type LimitsPageProps = { params: Promise<{ appId: string }>; searchParams: Promise<{ range?: string }> };

export default async function LimitsPage({ params, searchParams }: LimitsPageProps) {
  const { actor } = await requireActor();
  const { appId } = await addressed(byApp, params);
  const range = readRange((await searchParams).range);
  const client = await prefetching([
    [limitsQuery(appId, range), () => listLimits(services(), actor, appId, { range })],
  ]);
  return (
    <HydrationBoundary state={dehydrate(client)}>
      <LimitsClient appId={appId} />
    </HydrationBoundary>
  );
}
