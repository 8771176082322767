import { dehydrate, HydrationBoundary } from "@tanstack/react-query";
import type { Metadata } from "next";
import { requireActor } from "@/lib/auth/actor";
import { deviceListQuery } from "@/lib/queries/devices";
import { services } from "@/lib/services/context";
import { listDevices } from "@/lib/services/devices/list-devices";
import { prefetching } from "../../_parts/prefetching";
import { FleetClient } from "./client";

export const metadata: Metadata = { title: "Fleet" };

export default async function FleetPage() {
  const { actor } = await requireActor();
  const client = await prefetching([[deviceListQuery(), () => listDevices(services(), actor)]]);
  return (
    <HydrationBoundary state={dehydrate(client)}>
      <FleetClient />
    </HydrationBoundary>
  );
}
