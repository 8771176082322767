import { dehydrate, HydrationBoundary } from "@tanstack/react-query";
import type { Metadata } from "next";
import { requireActor } from "@/lib/auth/actor";
import { deviceListQuery } from "@/lib/queries/devices";
import { services } from "@/lib/services/context";
import { listDevices } from "@/lib/services/devices/list-devices";
import { prefetching } from "../../_parts/prefetching";
import { FleetClient } from "./client";
import { readDeviceFilter } from "./search-params";

export const metadata: Metadata = { title: "Fleet" };

type FleetPageProps = { searchParams: Promise<Record<string, string | string[] | undefined>> };

export default async function FleetPage({ searchParams }: FleetPageProps) {
  const { actor } = await requireActor();
  const filter = readDeviceFilter(await searchParams);
  const client = await prefetching([[deviceListQuery(filter), () => listDevices(services(), actor, filter)]]);
  return (
    <HydrationBoundary state={dehydrate(client)}>
      <FleetClient />
    </HydrationBoundary>
  );
}
