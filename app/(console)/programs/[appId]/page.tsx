import { dehydrate, HydrationBoundary } from "@tanstack/react-query";
import type { Metadata } from "next";
import { requireActor } from "@/lib/auth/actor";
import { byApp } from "@/lib/http/routes/bases";
import { denialsQuery, limitsQuery, spreadQuery } from "@/lib/queries/programs";
import { services } from "@/lib/services/context";
import { listDenials } from "@/lib/services/denials/list-denials";
import { getSpread } from "@/lib/services/programs/get-spread";
import { listLimits } from "@/lib/services/programs/list-limits";
import { addressed } from "../../../_parts/addressed";
import { prefetching } from "../../../_parts/prefetching";
import { ProgramOverview } from "./client";

export const metadata: Metadata = { title: "Program" };

export default async function ProgramPage({ params }: { params: Promise<{ appId: string }> }) {
  const { actor } = await requireActor();
  const { appId } = await addressed(byApp, params);
  const context = services();
  const client = await prefetching([
    [limitsQuery(appId, "24h"), () => listLimits(context, actor, appId, { range: "24h" })],
    [denialsQuery(appId, "24h"), () => listDenials(context, actor, { appId, range: "24h" })],
    [spreadQuery(appId), () => getSpread(context, actor, appId)],
  ]);
  return (
    <HydrationBoundary state={dehydrate(client)}>
      <ProgramOverview appId={appId} />
    </HydrationBoundary>
  );
}
