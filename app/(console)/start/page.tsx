import { dehydrate, HydrationBoundary } from "@tanstack/react-query";
import type { Metadata } from "next";
import { requireActor } from "@/lib/auth/actor";
import { deviceListQuery } from "@/lib/queries/devices";
import { programListQuery } from "@/lib/queries/programs";
import { publisherListQuery } from "@/lib/queries/publishers";
import { services } from "@/lib/services/context";
import { listDevices } from "@/lib/services/devices/list-devices";
import { listPrograms } from "@/lib/services/programs/list-programs";
import { listPublishers } from "@/lib/services/publishers/list-publishers";
import { prefetching } from "../../_parts/prefetching";
import { StartClient } from "./client";

export const metadata: Metadata = { title: "First program" };

export default async function StartPage() {
  const { actor } = await requireActor();
  const context = services();
  const client = await prefetching([
    [publisherListQuery({}), () => listPublishers(context, actor, {})],
    [programListQuery({}), () => listPrograms(context, actor, {})],
    [deviceListQuery({}), () => listDevices(context, actor, {})],
  ]);
  return (
    <HydrationBoundary state={dehydrate(client)}>
      <StartClient url={context.config.baseUrl} />
    </HydrationBoundary>
  );
}
