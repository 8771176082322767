import { dehydrate, HydrationBoundary } from "@tanstack/react-query";
import type { Metadata } from "next";
import { requireActor } from "@/lib/auth/actor";
import { byApp } from "@/lib/http/routes/bases";
import { denialsQuery, telemetryQuery } from "@/lib/queries/programs";
import { services } from "@/lib/services/context";
import { listDenials } from "@/lib/services/denials/list-denials";
import { readTelemetry } from "@/lib/services/programs/read-telemetry";
import { addressed } from "../../../../_parts/addressed";
import { prefetching } from "../../../../_parts/prefetching";
import { TelemetryClient } from "./client";
import { readChartFilter } from "./search-params";

export const metadata: Metadata = { title: "Telemetry" };

type TelemetryPageProps = {
  params: Promise<{ appId: string }>;
  searchParams: Promise<Record<string, string | string[] | undefined>>;
};

export default async function TelemetryPage({ params, searchParams }: TelemetryPageProps) {
  const { actor } = await requireActor();
  const { appId } = await addressed(byApp, params);
  const filter = readChartFilter(await searchParams);
  const { range, version } = filter;
  const context = services();
  const client = await prefetching([
    [telemetryQuery(appId, filter), () => readTelemetry(context, actor, appId, filter)],
    [denialsQuery(appId, range, version), () => listDenials(context, actor, { appId, range, version })],
  ]);
  return (
    <HydrationBoundary state={dehydrate(client)}>
      <TelemetryClient appId={appId} />
    </HydrationBoundary>
  );
}
