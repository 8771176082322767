import { dehydrate, HydrationBoundary } from "@tanstack/react-query";
import type { Metadata } from "next";
import { requireActor } from "@/lib/auth/actor";
import { byApp } from "@/lib/http/routes/bases";
import { portalDenialsQuery, portalQuotaQuery } from "@/lib/queries/portal";
import { services } from "@/lib/services/context";
import { listPortalDenials } from "@/lib/services/portal/list-portal-denials";
import { readPortalQuota } from "@/lib/services/portal/read-portal-quota";
import { addressed } from "../../../../_parts/addressed";
import { prefetching } from "../../../../_parts/prefetching";
import { PortalProgramClient } from "./client";
import { readVersion } from "./search-params";

export const metadata: Metadata = { title: "Quota and denials" };

type PortalProgramPageProps = { params: Promise<{ appId: string }>; searchParams: Promise<{ version?: string }> };

export default async function PortalProgramPage({ params, searchParams }: PortalProgramPageProps) {
  const { actor } = await requireActor();
  const { appId } = await addressed(byApp, params);
  const version = readVersion((await searchParams).version);
  const client = await prefetching([
    [portalQuotaQuery(appId, version), () => readPortalQuota(services(), actor, appId, { version })],
    [portalDenialsQuery(appId, version), () => listPortalDenials(services(), actor, appId, { version })],
  ]);
  return (
    <HydrationBoundary state={dehydrate(client)}>
      <PortalProgramClient appId={appId} />
    </HydrationBoundary>
  );
}
