import { dehydrate, HydrationBoundary } from "@tanstack/react-query";
import type { Metadata } from "next";
import { requireActor } from "@/lib/auth/actor";
import { byApp } from "@/lib/http/routes/bases";
import { versionsQuery } from "@/lib/queries/programs";
import { services } from "@/lib/services/context";
import { listVersions } from "@/lib/services/programs/list-versions";
import { addressed } from "../../../../_parts/addressed";
import { prefetching } from "../../../../_parts/prefetching";
import { VersionsClient } from "./client";

export const metadata: Metadata = { title: "Versions" };

export default async function VersionsPage({ params }: { params: Promise<{ appId: string }> }) {
  const { actor } = await requireActor();
  const { appId } = await addressed(byApp, params);
  const client = await prefetching([[versionsQuery(appId), () => listVersions(services(), actor, appId)]]);
  return (
    <HydrationBoundary state={dehydrate(client)}>
      <VersionsClient appId={appId} />
    </HydrationBoundary>
  );
}
