import { dehydrate, HydrationBoundary } from "@tanstack/react-query";
import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { requireActor } from "@/lib/auth/actor";
import { byDenial } from "@/lib/http/routes/bases";
import { isAppError } from "@/lib/platform/errors";
import { portalDenialQuery } from "@/lib/queries/portal";
import { services } from "@/lib/services/context";
import { getPortalDenial } from "@/lib/services/portal/get-portal-denial";
import { addressed } from "../../../../_parts/addressed";
import { prefetching } from "../../../../_parts/prefetching";
import { PortalDenialClient } from "./client";

export const metadata: Metadata = { title: "Denial" };

export default async function PortalDenialPage({ params }: { params: Promise<{ denialId: string }> }) {
  const { actor } = await requireActor();
  const { denialId } = await addressed(byDenial, params);
  const denial = await getPortalDenial(services(), actor, denialId).catch((error: unknown) => {
    if (isAppError(error) && error.code === "not_found") return null;
    throw error;
  });
  if (denial === null) notFound();
  const client = await prefetching([[portalDenialQuery(denialId), () => Promise.resolve(denial)]]);
  return (
    <HydrationBoundary state={dehydrate(client)}>
      <PortalDenialClient denialId={denialId} />
    </HydrationBoundary>
  );
}
