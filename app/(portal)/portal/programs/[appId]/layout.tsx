import { dehydrate, HydrationBoundary } from "@tanstack/react-query";
import { notFound } from "next/navigation";
import type { ReactNode } from "react";
import { requireActor } from "@/lib/auth/actor";
import { byApp } from "@/lib/http/routes/bases";
import { isAppError } from "@/lib/platform/errors";
import { portalProgramQuery } from "@/lib/queries/portal";
import { services } from "@/lib/services/context";
import { getPortalProgram } from "@/lib/services/portal/get-portal-program";
import { addressed } from "../../../../_parts/addressed";
import { prefetching } from "../../../../_parts/prefetching";
import { PortalProgramFrame } from "./_parts/portal-program-frame";

type PortalProgramLayoutProps = { children: ReactNode; params: Promise<{ appId: string }> };

export default async function PortalProgramLayout({ children, params }: PortalProgramLayoutProps) {
  const { actor } = await requireActor();
  const { appId } = await addressed(byApp, params);
  const program = await getPortalProgram(services(), actor, appId).catch((error: unknown) => {
    if (isAppError(error) && error.code === "not_found") return null;
    throw error;
  });
  if (program === null) notFound();
  const client = await prefetching([[portalProgramQuery(appId), () => Promise.resolve(program)]]);
  return (
    <HydrationBoundary state={dehydrate(client)}>
      <PortalProgramFrame appId={appId}>{children}</PortalProgramFrame>
    </HydrationBoundary>
  );
}
