import { dehydrate, HydrationBoundary } from "@tanstack/react-query";
import type { Metadata } from "next";
import { requireActor } from "@/lib/auth/actor";
import { byApp } from "@/lib/http/routes/bases";
import { portalPublishedQuery } from "@/lib/queries/portal";
import { services } from "@/lib/services/context";
import { readPortalPublished } from "@/lib/services/portal/read-portal-published";
import { addressed } from "../../../../../_parts/addressed";
import { prefetching } from "../../../../../_parts/prefetching";
import { PublishedClient } from "./client";

export const metadata: Metadata = { title: "Published" };

export default async function PublishedPage({ params }: { params: Promise<{ appId: string }> }) {
  const { actor } = await requireActor();
  const { appId } = await addressed(byApp, params);
  const client = await prefetching([
    [portalPublishedQuery(appId), () => readPortalPublished(services(), actor, appId)],
  ]);
  return (
    <HydrationBoundary state={dehydrate(client)}>
      <PublishedClient appId={appId} />
    </HydrationBoundary>
  );
}
