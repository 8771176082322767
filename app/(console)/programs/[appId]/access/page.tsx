import { dehydrate, HydrationBoundary } from "@tanstack/react-query";
import type { Metadata } from "next";
import { requireActor } from "@/lib/auth/actor";
import { byApp } from "@/lib/http/routes/bases";
import { accessQuery } from "@/lib/queries/programs";
import { services } from "@/lib/services/context";
import { readAccess } from "@/lib/services/programs/read-access";
import { addressed } from "../../../../_parts/addressed";
import { prefetching } from "../../../../_parts/prefetching";
import { AccessClient } from "./client";
import { readVersion } from "./search-params";

export const metadata: Metadata = { title: "Access" };

type AccessPageProps = { params: Promise<{ appId: string }>; searchParams: Promise<{ version?: string }> };

export default async function AccessPage({ params, searchParams }: AccessPageProps) {
  const { actor } = await requireActor();
  const { appId } = await addressed(byApp, params);
  const version = readVersion((await searchParams).version);
  const client = await prefetching([
    [accessQuery(appId, version), () => readAccess(services(), actor, appId, version)],
  ]);
  return (
    <HydrationBoundary state={dehydrate(client)}>
      <AccessClient appId={appId} />
    </HydrationBoundary>
  );
}
